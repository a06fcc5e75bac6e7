"""An encoder's fast tokenizer with our word split inside."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer

from pharmaner.errors import EncoderError
from pharmaner.storage import read_object, write_text
from pharmaner.text.pieces import PieceTokenizer, split_words_inside

SPECIAL_TOKENS = (
    "unk_token",
    "pad_token",
    "cls_token",
    "sep_token",
    "mask_token",
    "bos_token",
    "eos_token",
)


def encoder_tokenizer(folder: Path) -> PieceTokenizer:
    """The tokenizer of an encoder's folder: ``tokenizer.json``, or made from older files.

    Raises:
        EncoderError: when no fast tokenizer can be had, its word split is not known, or a file
            beside it is no JSON object.
    """
    try:
        if (folder / "tokenizer.json").is_file():
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        else:
            slow = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            tokenizer = slow.backend_tokenizer
        split_words_inside(tokenizer)
    except Exception as error:  # tokenizers raises bare Exception for what it cannot read
        reason = str(error).partition("\n")[0]
        raise EncoderError(f"{folder}: its tokenizer cannot be used: {reason}") from error
    _configuration(folder)
    return PieceTokenizer(tokenizer)


def save_tokenizer(tokenizer: PieceTokenizer, encoder_folder: Path, folder: Path) -> None:
    """Write ``tokenizer.json`` and the configuration that plain transformers need to load it."""
    write_text(folder / "tokenizer.json", tokenizer.tokenizer.to_str(pretty=True))
    config = _configuration(encoder_folder)
    kept = {key: config[key] for key in (*SPECIAL_TOKENS, "model_max_length") if key in config}
    kept["tokenizer_class"] = "PreTrainedTokenizerFast"
    write_text(folder / "tokenizer_config.json", json.dumps(kept, indent=2) + "\n")


def special_pieces(encoder_folder: Path, tokenizer: PieceTokenizer) -> dict[str, int]:
    """The vocabulary indices of an encoder's special pieces, as ``{"mask_token": 103, ...}``."""
    config = _configuration(encoder_folder)
    found = {}
    for name in SPECIAL_TOKENS:
        piece = config.get(name)
        content = piece["content"] if isinstance(piece, dict) else piece
        index = tokenizer.tokenizer.token_to_id(content) if content else None
        if index is not None:
            found[name] = index
    return found


def _configuration(encoder_folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        path = encoder_folder / name
        if not path.is_file():
            continue
        if (found := read_object(path)) is None:
            raise EncoderError(f"{path}: is not a JSON object")
        config |= found
    return config
