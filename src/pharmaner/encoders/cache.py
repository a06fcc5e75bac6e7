"""Encoders that are written out once, so that transformers can load them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from pharmaner.errors import OutputError
from pharmaner.storage import sha256, whole_folder


def cached(name: str, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder of an unpacked encoder below ``$XDG_CACHE_HOME``, filled at the first use.

    Args:
        name: the encoder's name.
        digest: the SHA-256 of what is unpacked, already verified.
        fill: writes the encoder into an empty folder.

    Raises:
        OutputError: when the cache cannot be written to.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "pharmaner" / "encoders" / f"{name}-{digest[:12]}"
    if folder.is_dir():
        return folder
    try:
        with whole_folder(folder) as temporary:
            fill(temporary)
    except OutputError:
        if not folder.is_dir():  # if it is, another process was faster
            raise
    return folder


def folder_hash(folder: Path) -> str:
    """The SHA-256 of a folder's files and their names; sub-folders do not count."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(f"{path.name}\0{sha256(path)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
