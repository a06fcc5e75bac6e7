"""The folder of an unfinished training."""

import json
from pathlib import Path
from typing import Any

from pharmaner.errors import OutputError
from pharmaner.storage import write_text


def begin_or_resume(output: Path, resume: bool, begun_with: dict[str, Any]) -> Path:
    """The folder ``OUTPUT.partial``, where checkpoints lie until the output is whole.

    Args:
        output: the folder that the training will write.
        resume: accept an unfinished training.
        begun_with: everything that the result depends on, as JSON; an unfinished training must
            have begun with the same.

    Raises:
        OutputError: for an unfinished training without ``resume`` or with other settings, or a
            place that cannot be written to.
    """
    partial = output.with_name(f"{output.name}.partial")
    description = partial / "training.json"
    if description.is_file():
        if not resume:
            raise OutputError(
                f"{partial}: an unfinished training is there; --resume goes on with it, or "
                "remove it"
            )
        before = json.loads(description.read_text(encoding="utf-8"))
        if before != begun_with:
            difference = first_difference(before, begun_with)
            raise OutputError(f"{partial}: was begun with other settings ({difference})")
        return partial
    try:
        partial.mkdir(parents=True, exist_ok=True)
        write_text(description, json.dumps(begun_with, indent=1))
    except OSError as error:
        raise OutputError(f"{partial}: cannot be written: {error.strerror}") from error
    return partial


def first_difference(before: dict[str, Any], now: dict[str, Any], name: str = "") -> str:
    """The first key that two descriptions disagree on, and what each says; for messages."""
    for key in now:
        here = f"{name}.{key}" if name else key
        if before.get(key) != now[key]:
            if isinstance(now[key], dict) and isinstance(before.get(key), dict):
                return first_difference(before[key], now[key], here)
            return f"{here} was {before.get(key)!r}, is {now[key]!r}"
    return "a key that is no more"
