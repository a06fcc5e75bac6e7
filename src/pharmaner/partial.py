"""The folder of an unfinished run, as of a training."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from pharmaner.errors import OutputError
from pharmaner.locks import try_lock
from pharmaner.storage import refuse_occupied, refuse_unmovable, write_text

LOCK = ".lock"
"""The file of an unfinished run that is locked by the process at work on it."""

_held: dict[Path, int] = {}
"""The locks of this process, which end with it at the latest."""


def partial_folder(output: Path) -> Path:
    """Where what is done lies until an output is whole.

    Raises:
        OutputError: when the output could not be moved to its place, see ``refuse_unmovable``.
    """
    refuse_unmovable(output)
    return output.with_name(f"{output.name}.partial")


def begin_or_resume(
    output: Path, resume: bool, begun_with: dict[str, Any], run: str = "training"
) -> Path:
    """The folder ``OUTPUT.partial``, this process's alone as long as it lives.

    Args:
        output: the folder that the run will write.
        resume: accept an unfinished run.
        begun_with: everything that the result depends on, as JSON; an unfinished run must have
            begun with the same.
        run: what kind of run it is, for messages and the name of the settings' file.

    Raises:
        OutputError: for an unfinished run without ``resume``, with other settings, or that another
            process is at work on; for a folder of that name that holds something else, or a place
            that cannot be written to; or as ``partial_folder``.
    """
    partial = partial_folder(output)
    description = partial / f"{run}.json"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        if not description.is_file() and (others := _others(partial, description)):
            raise OutputError(f"{partial}: is no unfinished {run}: it holds {others[0]}; remove it")
        _lock(partial)
        if not description.is_file():
            write_text(description, json.dumps(begun_with, indent=1))
            return partial
    except OSError as error:
        raise OutputError(f"{partial}: cannot be written: {error.strerror}") from error
    if not resume:
        raise OutputError(
            f"{partial}: an unfinished {run} is there; --resume goes on with it, or remove it"
        )
    refuse_other_settings(description, begun_with)
    return partial


def finish(partial: Path) -> None:
    """Remove the folder of a run that is done with, and give its lock up."""
    file = (partial / LOCK).resolve()
    shutil.rmtree(partial)
    if (descriptor := _held.pop(file, None)) is not None:
        os.close(descriptor)


def is_in_place(output: Path, resume: bool, run: str = "training") -> bool:
    """Whether a run that is resumed was interrupted after its output was moved into place.

    Raises:
        OutputError: when it was not, and the output is occupied; or as ``partial_folder``.
    """
    is_begun = (partial_folder(output) / f"{run}.json").is_file()
    if resume and is_begun and output.is_dir() and any(output.iterdir()):
        return True
    refuse_occupied(output)
    return False


def _others(partial: Path, description: Path) -> list[str]:
    """What is there besides the traces of a run that hardly began."""
    traces = (LOCK, f".{description.name}.")
    return sorted(path.name for path in partial.iterdir() if not path.name.startswith(traces))


def _lock(partial: Path) -> None:
    file = partial / LOCK
    before = _held.pop(file.resolve(), None)
    if before is not None:
        if file.exists() and os.path.samestat(os.fstat(before), file.stat()):
            _held[file.resolve()] = before
            return
        os.close(before)
    if (descriptor := try_lock(file)) is None:
        raise OutputError(f"{partial}: another process is at work on it")
    _held[file.resolve()] = descriptor


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
            if _is_hash(before.get(key)) and _is_hash(now[key]):
                return f"{here} changed"
            return f"{here} was {before.get(key)!r}, is {now[key]!r}"
    return "a key that is no more"


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value))
