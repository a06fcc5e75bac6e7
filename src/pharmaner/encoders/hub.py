"""Encoders on the Hugging Face hub: downloaded once into its cache, then read from there."""

import os
import re
from pathlib import Path

from pharmaner.encoders.folder import PICKLED_WEIGHTS, TOKENIZERS, WEIGHTS, check_encoder_folder
from pharmaner.errors import EncoderError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_FILES = [*TOKENIZERS, "config.json", "tokenizer_config.json", "merges.txt", "*.model"]
_FILES += ["special_tokens_map.json", "added_tokens.json"]


def is_hub_id(name: str) -> bool:
    """Whether a name has the form ``model`` or ``owner/model``."""
    return _HUB_ID.fullmatch(name) is not None


def download_encoder(name: str, revision: str = "") -> Path:
    """The local folder of a hub encoder, downloaded unless the cache holds it.

    Weights come as safetensors where the hub has them, else as ``pytorch_model.bin`` (which is
    only ever read by weights-only loading). No telemetry is sent.

    Raises:
        EncoderError: when the hub does not know the name or cannot be reached.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = revision or None
    try:
        folder = Path(
            snapshot_download(name, revision=wanted, allow_patterns=[*_FILES, "*.safetensors*"])
        )
        if not any((folder / weights).is_file() for weights in WEIGHTS):
            folder = Path(
                snapshot_download(name, revision=wanted, allow_patterns=[*_FILES, PICKLED_WEIGHTS])
            )
    except LocalEntryNotFoundError:
        raise EncoderError(
            f"{name!r}: not on this machine, and the hub cannot be reached; copy the encoder's "
            "folder here and name it, or choose one that `pharmaner encoders` lists"
        ) from None
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EncoderError(
            f"{name!r}: the hub does not give it: {reason}; a folder, a hub id or a name that "
            "`pharmaner encoders` lists is accepted"
        ) from None
    check_encoder_folder(folder)
    return folder
