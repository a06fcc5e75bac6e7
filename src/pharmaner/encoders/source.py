"""Where a pre-trained encoder comes from: ``EncoderSource``, and the search for one by name."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pharmaner.encoders.cache import folder_hash
from pharmaner.encoders.exported import SHIPPED_ENCODER, exported_encoder, shipped_encoder
from pharmaner.encoders.folder import WEIGHTS, check_encoder_folder
from pharmaner.encoders.hub import download_encoder, is_hub_id
from pharmaner.encoders.int8 import INT8_WEIGHTS, unpacked_folder
from pharmaner.encoders.packaged import PACKAGED, packaged_folder
from pharmaner.errors import EncoderError
from pharmaner.model_folder import ONNX_WEIGHTS, SURFACE, shipped_folder


class SourceKind(StrEnum):
    """A ``folder`` named by the user, one inside an installed ``package``, or the ``hub``."""

    FOLDER = "folder"
    PACKAGE = "package"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """An encoder that is on this machine, as a folder in the Hugging Face layout.

    ``revision`` is the hub's commit, empty for other kinds. ``tagger`` is the model folder whose
    encoder it is, where that has surface features.
    """

    kind: SourceKind
    location: Path
    revision: str = ""
    tagger: Path | None = None

    @property
    def content_hash(self) -> str:
        """The SHA-256 of its files and their names."""
        return folder_hash(self.tagger or self.location)


def find_encoder(name: str, revision: str = "") -> EncoderSource:
    """Find an encoder by name and make it local.

    A name is, in this order: one that an installable package carries, or ``shipped``, the tagger
    in this one; a folder, an exported tagger's too; a hub id. Only the last touches the network,
    to see whether the hub's cache is current; without network the cache serves as it is. Only a
    hub id has revisions.

    Raises:
        EncoderError: when there is none; one line says what to do.
    """
    is_local = name in {*PACKAGED, SHIPPED_ENCODER} or (name and as_path(name).exists())
    if revision and is_local:
        raise EncoderError(f"{name}: revision {revision!r} is given; only hub ids have revisions")
    if name == SHIPPED_ENCODER:
        return EncoderSource(SourceKind.PACKAGE, shipped_encoder(), tagger=shipped_folder())
    if name in PACKAGED:
        return EncoderSource(SourceKind.PACKAGE, packaged_folder(name))
    folder = as_path(name)
    if (name and folder.exists()) or (os.sep in name.rstrip(os.sep) and not is_hub_id(name)):
        check_encoder_folder(folder)
        tagger = folder if (folder / SURFACE).is_file() else None
        return EncoderSource(SourceKind.FOLDER, _in_fp32(folder), tagger=tagger)
    if not is_hub_id(name):
        raise EncoderError(
            f"{name!r}: no such encoder; a folder, a hub id or one of {', '.join(PACKAGED)} "
            "is accepted"
        )
    downloaded = download_encoder(name, revision)
    return EncoderSource(SourceKind.HUB, downloaded, downloaded.name)


def as_path(name: str) -> Path:
    """A name as a path; ``~`` is the home of its user, where there is such a user."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _in_fp32(folder: Path) -> Path:
    """The folder itself, or where its int8 weights or its graph are unpacked."""
    name = folder.resolve().name
    weights = next(weights for weights in WEIGHTS if (folder / weights).is_file())
    if weights == INT8_WEIGHTS:
        return unpacked_folder(folder, name)
    return exported_encoder(folder, name) if weights == ONNX_WEIGHTS else folder
