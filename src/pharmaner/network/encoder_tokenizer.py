"""An encoder's fast tokenizer with our word split inside."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer

from pharmaner.errors import EncoderError
from pharmaner.network.pretrained import quiet
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


_USED = ("unk_token", "pad_token", "mask_token")
"""What is looked for with the family where a folder's configuration does not name it."""


def encoder_tokenizer(folder: Path) -> PieceTokenizer:
    """The tokenizer of an encoder's folder: ``tokenizer.json``, or made from older files.

    Raises:
        EncoderError: when no fast tokenizer can be had, its word split is not known, or a file
            beside it is no JSON object or names a special piece that is none.
    """
    try:
        if (folder / "tokenizer.json").is_file():
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        else:
            tokenizer = _as_transformers_read_it(folder).backend_tokenizer
        split_words_inside(tokenizer)
    except Exception as error:  # tokenizers raises bare Exception for what it cannot read
        reason = str(error).partition("\n")[0]
        raise EncoderError(f"{folder}: its tokenizer cannot be used: {reason}") from error
    _configured_pieces(folder)
    return PieceTokenizer(tokenizer)


def save_tokenizer(tokenizer: PieceTokenizer, encoder_folder: Path, folder: Path) -> None:
    """Write ``tokenizer.json`` and the configuration that plain transformers need to load it."""
    found = special_pieces(encoder_folder, tokenizer)
    write_text(folder / "tokenizer.json", tokenizer.tokenizer.to_str(pretty=True))
    config = _configuration(encoder_folder)
    configured = (*SPECIAL_TOKENS, "model_max_length")
    kept = {
        **{n: tokenizer.tokenizer.id_to_token(i) for n, i in found.items()},
        **{key: config[key] for key in configured if config.get(key) is not None},
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    write_text(folder / "tokenizer_config.json", json.dumps(kept, indent=2) + "\n")


def special_pieces(encoder_folder: Path, tokenizer: PieceTokenizer) -> dict[str, int]:
    """The vocabulary indices of an encoder's special pieces, as ``{"mask_token": 103, ...}``.

    They are those that the folder's configuration names, else those of its family's tokenizers,
    as far as they are in the vocabulary.
    """
    pieces = _configured_pieces(encoder_folder)
    if not set(_USED) <= pieces.keys():
        pieces = _family_pieces(encoder_folder) | pieces
    places = {name: tokenizer.tokenizer.token_to_id(piece) for name, piece in pieces.items()}
    return {name: place for name, place in places.items() if place is not None}


def _configured_pieces(encoder_folder: Path) -> dict[str, str]:
    pieces = {}
    config = _configuration(encoder_folder)
    for name in SPECIAL_TOKENS:
        found = config.get(name)
        piece = found.get("content") if isinstance(found, dict) else found
        if isinstance(piece, str):
            pieces[name] = piece
        elif found is not None:
            raise EncoderError(f"{encoder_folder}: its {name} is {found!r}; a piece is accepted")
    return pieces


def _family_pieces(encoder_folder: Path) -> dict[str, str]:
    """The special pieces that transformers know; none where they cannot read the folder."""
    try:
        with quiet():
            known = _as_transformers_read_it(encoder_folder).special_tokens_map
    except Exception:  # whatever a foreign folder leads to; its own tokenizer was read before
        return {}
    return {name: str(known[name]) for name in SPECIAL_TOKENS if known.get(name)}


def _as_transformers_read_it(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


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
