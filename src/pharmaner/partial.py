"""The folder of an unfinished run, as of a training."""

import json
from pathlib import Path
from typing import Any

from pharmaner.errors import OutputError
from pharmaner.storage import write_text


def begin_or_resume(
    output: Path, resume: bool, begun_with: dict[str, Any], run: str = "training"
) -> Path:
    """The folder ``OUTPUT.partial``, where what is done lies until the output is whole.

    Args:
        output: the folder that the run will write.
        resume: accept an unfinished run.
        begun_with: everything that the result depends on, as JSON; an unfinished run must have
            begun with the same.
        run: what kind of run it is, for messages and the name of the settings' file.

    Raises:
        OutputError: for an unfinished run without ``resume`` or with other settings, or a place
            that cannot be written to.
    """
    partial = output.with_name(f"{output.name}.partial")
    description = partial / f"{run}.json"
    if description.is_file():
        if not resume:
            raise OutputError(
                f"{partial}: an unfinished {run} is there; --resume goes on with it, or remove it"
            )
        refuse_other_settings(description, begun_with)
        return partial
    try:
        partial.mkdir(parents=True, exist_ok=True)
        write_text(description, json.dumps(begun_with, indent=1))
    except OSError as error:
        raise OutputError(f"{partial}: cannot be written: {error.strerror}") from error
    return partial


def refuse_other_settings(description: Path, begun_with: dict[str, Any]) -> None:
    """Compare the settings that a file holds as JSON with those wanted now.

    Raises:
        OutputError: naming the file's folder and the first difference.
    """
    before = json.loads(description.read_text(encoding="utf-8"))
    if before != begun_with:
        difference = _first_difference(before, begun_with)
        raise OutputError(f"{description.parent}: was begun with other settings ({difference})")


def _first_difference(before: dict[str, Any], now: dict[str, Any], name: str = "") -> str:
    for key in now:
        here = f"{name}.{key}" if name else key
        if before.get(key) != now[key]:
            if isinstance(now[key], dict) and isinstance(before.get(key), dict):
                return _first_difference(before[key], now[key], here)
            return f"{here} was {before.get(key)!r}, is {now[key]!r}"
    return "a key that is no more"
