"""A smaller vocabulary for an encoder: fewer embeddings, the same network.

Of multilingual-e5-small's 118M parameters 96M embed pieces, most of other scripts. Pruning keeps
what some texts need and what any text in a Latin script could.
"""

import json
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from pharmaner.errors import EncoderError
from pharmaner.storage import whole_folder, write_text
from pharmaner.text.pieces import PieceTokenizer, split_words_inside
from pharmaner.text.words import split_words

SIZE = 40_000
"""How many pieces are kept, unless the texts alone need more."""

_LATIN = re.compile(r"[▁#]*[a-zA-ZÀ-ÖØ-öø-ſ]+")
_CHARACTER = re.compile(r"[▁#]*[!-~¡-ſͰ-Ͽ‐-⁞₠-₵←-⋿]")
_COPIED = ("tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class PieceRates:
    """How finely a tokenizer cuts: pieces a word, and unknown pieces a thousand words."""

    words: int
    pieces_per_word: float
    unknown_per_thousand: float


def piece_rates(tokenizer: PieceTokenizer, unk_id: int | None, texts: Iterable[str]) -> PieceRates:
    """Measure a tokenizer on some texts."""
    words = pieces = unknown = 0
    for text in texts:
        cut = split_words(text)
        ids = tokenizer.pieces(text, cut).ids
        words, pieces = words + len(cut), pieces + len(ids)
        unknown += int((ids == unk_id).sum()) if unk_id is not None else 0
    return PieceRates(words, pieces / max(1, words), 1000 * unknown / max(1, words))


def prune_vocabulary(encoder: Path, texts: Iterable[str], output: Path, size: int = SIZE) -> int:
    """Write an encoder with fewer pieces.

    Kept are special pieces, the pieces of ``texts``, single Latin, Greek, digit and punctuation
    characters, and then the most frequent Latin pieces up to ``size``.

    Returns:
        How many pieces were kept.

    Raises:
        EncoderError: for a tokenizer that is neither Unigram nor WordPiece, or no tokenizer.json.
    """
    try:
        described = json.loads((encoder / "tokenizer.json").read_text(encoding="utf-8"))
        config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(encoder / "model.safetensors")
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise EncoderError(f"{encoder}: cannot be pruned: {error}") from error
    if described["model"]["type"] not in {"Unigram", "WordPiece"}:
        kind = described["model"]["type"]
        raise EncoderError(f"{encoder}: a {kind} vocabulary; Unigram and WordPiece are accepted")
    kept = _kept(described, texts, size)
    new_ids = {old: new for new, old in enumerate(kept)}
    with whole_folder(output) as folder:
        rows = np.array(kept)
        pruned = {
            name: tensor[rows] if tensor.shape[:1] == (config["vocab_size"],) else tensor
            for name, tensor in tensors.items()
        }
        save_file(pruned, folder / "model.safetensors", metadata={"format": "pt"})
        write_text(folder / "config.json", json.dumps(_config(config, new_ids), indent=2) + "\n")
        tokenizer = json.dumps(_tokenizer(described, new_ids), ensure_ascii=False)
        write_text(folder / "tokenizer.json", tokenizer)
        for name in _COPIED:
            if (encoder / name).is_file():
                shutil.copyfile(encoder / name, folder / name)
    return len(kept)


def _pieces(model: dict[str, Any]) -> list[str]:
    """The vocabulary in the order of its indices."""
    if model["type"] == "Unigram":
        return [piece for piece, _ in model["vocab"]]
    return sorted(model["vocab"], key=model["vocab"].__getitem__)


def _kept(described: dict[str, Any], texts: Iterable[str], size: int) -> list[int]:
    pieces = _pieces(described["model"])
    tokenizer = Tokenizer.from_str(json.dumps(described))
    split_words_inside(tokenizer)
    cutter = PieceTokenizer(tokenizer)
    kept = {token["id"] for token in described["added_tokens"]}
    kept |= {index for index, piece in enumerate(pieces) if _CHARACTER.fullmatch(piece)}
    model = described["model"]
    unknown = model.get("unk_token")
    kept |= {pieces.index(unknown) if unknown in pieces else model.get("unk_id", 0)}
    kept |= {pieces.index("▁")} if "▁" in pieces else set()
    for text in texts:
        kept |= set(cutter.pieces(text, split_words(text)).ids.tolist())
    for index in _by_frequency(model, pieces):
        if len(kept) >= size:
            break
        if _LATIN.fullmatch(pieces[index]):
            kept.add(index)
    return sorted(kept)


def _by_frequency(model: dict[str, Any], pieces: Sequence[str]) -> list[int]:
    """Indices from the most frequent piece on; WordPiece vocabularies come in that order."""
    if model["type"] == "WordPiece":
        return list(range(len(pieces)))
    scores = [score for _, score in model["vocab"]]
    return sorted(range(len(pieces)), key=lambda index: -scores[index])


def _tokenizer(described: dict[str, Any], new_ids: dict[int, int]) -> dict[str, Any]:
    model = described["model"]
    if model["type"] == "Unigram":
        model = {
            **model,
            "vocab": [model["vocab"][old] for old in new_ids],
            "unk_id": new_ids.get(model["unk_id"]),
        }
    else:
        pieces = _pieces(model)
        model = {**model, "vocab": {pieces[old]: new for old, new in new_ids.items()}}
    added = [{**token, "id": new_ids[token["id"]]} for token in described["added_tokens"]]
    return {
        **described,
        "model": model,
        "added_tokens": added,
        "post_processor": _renumbered(described["post_processor"], new_ids),
    }


def _renumbered(processor: dict[str, Any] | None, new_ids: dict[int, int]) -> Any:
    """A post-processor with the indices of its special pieces changed.

    Raises:
        EncoderError: for one that is no template.
    """
    if processor is None:
        return None
    if processor["type"] != "TemplateProcessing":
        raise EncoderError(f"a {processor['type']} tokenizer; TemplateProcessing is accepted")
    special = {
        name: {**token, "ids": [new_ids[old] for old in token["ids"]]}
        for name, token in processor["special_tokens"].items()
    }
    return {**processor, "special_tokens": special}


def _config(config: dict[str, Any], new_ids: dict[int, int]) -> dict[str, Any]:
    special = {
        name: new_ids[value]
        for name, value in config.items()
        if name.endswith("_token_id") and value in new_ids
    }
    return {**config, **special, "vocab_size": len(new_ids)}
