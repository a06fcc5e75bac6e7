"""A smaller vocabulary for an encoder: fewer embeddings, the same network.

Of multilingual-e5-small's 118M parameters 96M embed pieces, most of other scripts. Pruning keeps
what some texts need and what any text in a Latin script could.
"""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
        EncoderError: for a tokenizer that is neither Unigram nor WordPiece, has no template around
            a text, or names pieces that are not embedded; for files that are not there.
    """
    described, config, tensors = _read(encoder)
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


def _read(encoder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The tokenizer and configuration as JSON, and the tensors, checked to fit each other."""
    try:
        tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
        described = json.loads(tokenizer.to_str())
        config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
        rows = int(config["vocab_size"])
        tensors = load_file(encoder / "model.safetensors")
    except Exception as error:  # tokenizers raises bare Exception for what it cannot read
        raise EncoderError(
            f"{encoder}: cannot be pruned: {type(error).__name__}: {error}"
        ) from error
    kind = described["model"]["type"]
    if kind not in {"Unigram", "WordPiece"}:
        raise EncoderError(f"{encoder}: a {kind} vocabulary; Unigram and WordPiece are accepted")
    around = described["post_processor"] or {"type": "TemplateProcessing"}
    if around["type"] != "TemplateProcessing":
        raise EncoderError(
            f"{encoder}: a {around['type']} tokenizer; TemplateProcessing is accepted"
        )
    if (highest := max(tokenizer.get_vocab().values())) >= rows:
        raise EncoderError(f"{encoder}: config.json has {rows} pieces, its tokenizer {highest + 1}")
    return described, config, tensors


def _pieces(model: dict[str, Any]) -> dict[int, str]:
    """The vocabulary by index, in its order; added tokens may have further indices."""
    if model["type"] == "Unigram":
        return dict(enumerate(piece for piece, _ in model["vocab"]))
    return dict(sorted((index, piece) for piece, index in model["vocab"].items()))


def _kept(described: dict[str, Any], texts: Iterable[str], size: int) -> list[int]:
    pieces = _pieces(described["model"])
    tokenizer = Tokenizer.from_str(json.dumps(described))
    split_words_inside(tokenizer)
    cutter = PieceTokenizer(tokenizer)
    model = described["model"]
    kept = {token["id"] for token in described["added_tokens"]} | _around(described)
    kept |= {index for index, piece in pieces.items() if _CHARACTER.fullmatch(piece)}
    kept |= {index for index, piece in pieces.items() if piece in ("▁", model.get("unk_token"))}
    kept |= {model["unk_id"]} if model.get("unk_id") is not None else set()
    for text in texts:
        kept |= set(cutter.pieces(text, split_words(text)).ids.tolist())
    for index in _by_frequency(model, pieces):
        if len(kept) >= size:
            break
        if _LATIN.fullmatch(pieces[index]):
            kept.add(index)
    return sorted(kept)


def _around(described: dict[str, Any]) -> set[int]:
    """The indices of the pieces that the tokenizer's template puts around a text."""
    template = described["post_processor"] or {"special_tokens": {}}
    return {index for token in template["special_tokens"].values() for index in token["ids"]}


def _by_frequency(model: dict[str, Any], pieces: dict[int, str]) -> list[int]:
    """Indices from the most frequent piece on; WordPiece vocabularies come in that order."""
    if model["type"] == "WordPiece":
        return list(pieces)
    scores = [score for _, score in model["vocab"]]
    return sorted(pieces, key=lambda index: -scores[index])


def _tokenizer(described: dict[str, Any], new_ids: dict[int, int]) -> dict[str, Any]:
    model, pieces = described["model"], _pieces(described["model"])
    inside = {old: new for old, new in new_ids.items() if old in pieces}
    if model["type"] == "Unigram":
        model = {
            **model,
            "vocab": [model["vocab"][old] for old in inside],
            "unk_id": new_ids.get(model["unk_id"]),
        }
    else:
        model = {**model, "vocab": {pieces[old]: new for old, new in inside.items()}}
    added = [{**token, "id": new_ids[token["id"]]} for token in described["added_tokens"]]
    return {
        **described,
        "model": model,
        "added_tokens": added,
        "post_processor": _renumbered(described["post_processor"], new_ids),
    }


def _renumbered(template: dict[str, Any] | None, new_ids: dict[int, int]) -> Any:
    """A template with the indices of its special pieces changed."""
    if template is None:
        return None
    special = {
        name: {**token, "ids": [new_ids[old] for old in token["ids"]]}
        for name, token in template["special_tokens"].items()
    }
    return {**template, "special_tokens": special}


def _config(config: dict[str, Any], new_ids: dict[int, int]) -> dict[str, Any]:
    special = {
        name: new_ids[value]
        for name, value in config.items()
        if name.endswith("_token_id") and value in new_ids
    }
    return {**config, **special, "vocab_size": len(new_ids)}
