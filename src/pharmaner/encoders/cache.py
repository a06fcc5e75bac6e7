"""Encoders that are written out once, so that transformers can load them."""

import os
from collections.abc import Callable
from pathlib import Path

from pharmaner.storage import whole_folder


def cached(name: str, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder of an unpacked encoder below ``$XDG_CACHE_HOME``, filled at the first use.

    Args:
        name: the encoder's name.
        digest: the SHA-256 of what is unpacked, already verified.
        fill: writes the encoder into an empty folder.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "pharmaner" / "encoders" / f"{name}-{digest[:12]}"
    if not folder.is_dir():
        with whole_folder(folder) as temporary:
            fill(temporary)
    return folder
