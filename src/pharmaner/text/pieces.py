"""Sub-word pieces of a text, and the word that each belongs to.

The tokenizer is a fast one whose ``tokenizer.json`` holds our word split, so that no piece crosses
a word and a piece carries a leading space only where the text has white space.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pharmaner.document import Span
from pharmaner.errors import InputError, ModelFolderError
from pharmaner.text.words import WORD_PATTERN

if TYPE_CHECKING:
    import numpy.typing as npt
    from tokenizers import Encoding, Tokenizer

NO_WORD = -1
"""The word index of a piece that stands for white space alone."""

_EDGE = "\U0010fffd"
"""A private code point that stands at the edges of symbols while a text is normalized."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one text, without special pieces.

    ``ids`` are vocabulary indices, shape (pieces,); ``words`` the index of each piece's word,
    shape (pieces,), never decreasing but for ``NO_WORD``.
    """

    ids: "npt.NDArray[np.int64]"
    words: "npt.NDArray[np.int64]"


class PieceTokenizer:
    """A fast tokenizer read from ``tokenizer.json``; truncation and padding are switched off.

    ``prefix`` and ``suffix`` are the special pieces around a sequence, as ``[CLS]`` and ``[SEP]``.
    Special pieces that a text happens to spell out are read as ordinary text.
    """

    def __init__(self, tokenizer: "Tokenizer") -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        self.tokenizer = tokenizer
        probe = _encoded(tokenizer, "a")
        inside = [place for place, special in enumerate(probe.special_tokens_mask) if not special]
        if not inside:
            raise ValueError("the tokenizer gives a letter no piece")
        self.prefix: list[int] = probe.ids[: inside[0]]
        self.suffix: list[int] = probe.ids[inside[-1] + 1 :]

    @classmethod
    def from_file(cls, path: Path) -> "PieceTokenizer":
        """Read a ``tokenizer.json``.

        Raises:
            ModelFolderError: when it holds no tokenizer, or one that gives a letter no piece.
        """
        from tokenizers import Tokenizer

        try:
            return cls(Tokenizer.from_file(str(path)))
        except Exception as error:  # tokenizers raises bare Exception for what it cannot read
            reason = str(error).partition("\n")[0]
            raise ModelFolderError(f"{path}: cannot be used: {reason}") from error

    @property
    def highest_id(self) -> int:
        """The highest vocabulary index that a text can be cut into, special pieces included."""
        indices = self.tokenizer.get_vocab().values()
        return max(*indices, *self.prefix, *self.suffix, 0)

    def pieces(self, text: str, words: Sequence[Span]) -> Pieces:
        """Cut a whole text into pieces and assign them to its words.

        A piece belongs to the word of its first code point that is not white space.

        Raises:
            InputError: when the tokenizer gives up, as over a pattern that backtracks without end.
        """
        encoding = _encoded(self.tokenizer, text, add_special_tokens=False)
        starts = [word.start for word in words]
        ends = [word.end for word in words]
        owners = []
        for start, end in encoding.offsets:
            word = bisect_right(ends, start)
            inside = word < len(words) and starts[word] < end
            owners.append(word if inside else NO_WORD)
        return Pieces(np.array(encoding.ids, dtype=np.int64), np.array(owners, dtype=np.int64))


def _encoded(tokenizer: "Tokenizer", text: str, add_special_tokens: bool = True) -> "Encoding":
    try:
        return tokenizer.encode(text, add_special_tokens=add_special_tokens)
    except BaseException as error:  # a panic of the library is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = str(error).partition("\n")[0]
        raise InputError(f"the tokenizer cannot cut a text into pieces: {reason}") from error


def split_words_inside(tokenizer: "Tokenizer") -> None:
    """Put the word split of ``text.words`` before a tokenizer's own, unless it is there already.

    Known are the splits of BERT, of SentencePiece (Metaspace) and of byte-level BPE. Where a
    tokenizer knows only the plain space, a run of white space becomes one. Invisible code points
    (as the soft hyphen) become spaces before BERT's normalizer, which would remove them and so
    join the words on either side. The edges of symbols are marked before SentencePiece's
    normalizer, which spells some of them out (``10³`` as ``103``) and so would join words too.

    Raises:
        ValueError: for a tokenizer with another split.
    """
    from tokenizers import Regex, normalizers, pre_tokenizers

    own = tokenizer.pre_tokenizer
    if json.dumps(WORD_PATTERN)[1:-1] in tokenizer.to_str():
        return
    kinds = _split_kinds(tokenizer)
    if kinds == ["BertPreTokenizer"]:
        words = pre_tokenizers.Split(Regex(WORD_PATTERN), "removed", invert=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, own])
        invisible = normalizers.Replace(Regex(r"[\p{C}\uFFFD]"), " ")
        after = [tokenizer.normalizer] if tokenizer.normalizer else []
        tokenizer.normalizer = normalizers.Sequence([invisible, *after])
    elif kinds[-1:] == ["Metaspace"] and set(kinds[:-1]) <= {"WhitespaceSplit"}:
        symbol = r"[^\s\p{L}\p{M}\p{Nd}]"
        edges = rf"(?<=\S)(?={symbol})|(?<={symbol})(?=\S)"
        marks = normalizers.Replace(Regex(edges), _EDGE)
        spaces = normalizers.Replace(Regex(r"\s+"), " ")
        between = [tokenizer.normalizer] if tokenizer.normalizer else []
        tokenizer.normalizer = normalizers.Sequence([marks, *between, spaces])
        unmark = pre_tokenizers.Split(_EDGE, "removed")
        words = pre_tokenizers.Split(Regex(f" ?(?:{WORD_PATTERN})"), "isolated")
        metaspace = pre_tokenizers.Metaspace(prepend_scheme="first")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([unmark, words, metaspace])
    elif kinds == ["ByteLevel"]:
        words = pre_tokenizers.Split(Regex(rf" ?(?:{WORD_PATTERN})|\s+(?!\S)|\s+"), "isolated")
        bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, bytes_only])
    else:
        raise ValueError(f"word split {kinds} is not known; BERT, Metaspace, ByteLevel are")


def _split_kinds(tokenizer: "Tokenizer") -> list[str]:
    state = json.loads(tokenizer.to_str())["pre_tokenizer"] or {"type": "none"}
    return [part["type"] for part in state.get("pretokenizers", [state])]
