"""Writing that is whole or absent: a temporary name first, then one move into place."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pharmaner.errors import OutputError


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: readers see the old content or the new, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 file atomically, with no newline translation."""
    write_bytes(path, content.encode("utf-8"))


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object that a file holds; ``None`` where it holds none or cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def refuse_occupied(folder: Path) -> None:
    """Refuse a place that already holds something.

    Raises:
        OutputError: when ``folder`` is a file, or a folder with anything in it.
    """
    if folder.is_dir():
        if any(folder.iterdir()):
            raise OutputError(f"{folder}: the output folder is not empty; name a new one")
    elif folder.exists():
        raise OutputError(f"{folder}: is a file; an output folder is accepted")


def refuse_unmovable(folder: Path) -> None:
    """Refuse a place that a finished folder cannot be moved to.

    Raises:
        OutputError: for a link, a mount point, and a path without a name of its own, as ``.``.
    """
    if folder.name in {"", ".."}:
        raise OutputError(f"{folder}: names a folder that is there; name a new one")
    if folder.is_symlink() or folder.is_mount():
        raise OutputError(f"{folder}: is a link or a mount point; name a new folder, or one inside")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Fill a temporary folder and move it to ``folder`` when the block ends without an error.

    Raises:
        OutputError: when ``folder`` is occupied or cannot be replaced, or its parent cannot be
            written to.
    """
    refuse_unmovable(folder)
    refuse_occupied(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        temporary.chmod(0o755)
        yield temporary
        _let_others_read(temporary)
        for path in (*temporary.rglob("*"), temporary):
            sync(path)
        temporary.replace(folder)
        sync(folder.parent)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if _is_elsewhere(error, temporary):
            raise
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write to a temporary name beside ``path`` and move it there when the block ends well.

    The temporary name has the suffix of ``path``.

    Raises:
        OutputError: when ``path`` is there already, or its folder cannot be written to.
    """
    if path.exists():
        raise OutputError(f"{path}: is there already; name a new file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(path.suffix, f".{path.name}.", path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if _is_elsewhere(error, temporary):
            raise
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have the disk hold what a file holds, or the names that a folder holds."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_elsewhere(error: OSError, temporary: Path) -> bool:
    """Whether something else than what is being written failed, such as a file that is read."""
    return error.filename is not None and not Path(str(error.filename)).is_relative_to(temporary)


def _let_others_read(folder: Path) -> None:
    """Files for everyone, as ``write_bytes`` leaves them; safetensors writes for its owner only."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
