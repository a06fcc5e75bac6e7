"""Windows over whole texts: nothing is truncated, every word is owned by exactly one window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pharmaner.document import Span
from pharmaner.text.pieces import NO_WORD, Pieces


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder sees at once.

    ``input_ids`` are piece indices with the special pieces around them, shape (length,).
    ``word_index`` is the document's word of each piece, shape (length,), ``NO_WORD`` for special
    pieces and white space. ``owned`` is the half-open range of words whose labels this window
    decides; the others are context.
    """

    input_ids: npt.NDArray[np.int64]
    word_index: npt.NDArray[np.int64]
    owned: range

    @property
    def owned_pieces(self) -> npt.NDArray[np.bool_]:
        """Which pieces belong to owned words, shape (length,)."""
        return (self.word_index >= self.owned.start) & (self.word_index < self.owned.stop)

    @property
    def first_pieces(self) -> npt.NDArray[np.bool_]:
        """Which pieces begin a word, shape (length,)."""
        seen_before = np.maximum.accumulate(np.concatenate([[NO_WORD], self.word_index[:-1]]))
        return self.word_index > seen_before


def cut_windows(
    pieces: Pieces,
    units: Iterable[range],
    length: int,
    context: int,
    prefix: Sequence[int],
    suffix: Sequence[int],
) -> list[Window]:
    """Cut windows of at most ``length`` pieces, none of which crosses a unit's end.

    A unit that fits is one window. A longer one is read left to right: each window starts
    ``context`` pieces before its first owned word and owns words up to ``context`` pieces before
    its end. A word of more pieces than fit is represented by
    its first pieces. Context is whole words; where it does not fit beside a word, it gives way.

    Args:
        pieces: the pieces of a text.
        units: consecutive ranges of word indices, such as sentences, or one for all words.
        length: the most pieces in a window, special pieces included.
        context: the least number of pieces that a word sees on either side, ends of unit apart.
        prefix: the special pieces before each window.
        suffix: the special pieces after each window.

    Returns:
        Windows in order of the words they own.
    """
    capacity = length - len(prefix) - len(suffix)
    position = _first_pieces(pieces, units := list(units))
    windows = []
    for unit in units:
        for start, end, owned in _cut(position, unit, capacity, context):
            ids = np.concatenate([prefix, pieces.ids[start:end], suffix]).astype(np.int64)
            word_index = np.full(len(ids), NO_WORD, dtype=np.int64)
            word_index[len(prefix) : len(prefix) + end - start] = pieces.words[start:end]
            windows.append(Window(ids, word_index, owned))
    return windows


def _first_pieces(pieces: Pieces, units: Sequence[range]) -> npt.NDArray[np.int64]:
    """The index of each word's first piece; a word without pieces has the next word's."""
    words = units[-1].stop if units else 0
    filled = np.where(pieces.words == NO_WORD, 0, pieces.words)
    before = np.maximum.accumulate(filled) if len(filled) else filled
    position = np.searchsorted(before, np.arange(words + 1), side="left")
    position[0] = 0
    return position


def _cut(
    position: npt.NDArray[np.int64], unit: range, capacity: int, context: int
) -> Iterable[tuple[int, int, range]]:
    """Pieces' start and end, and the owned words, of each window of a unit."""
    first, stop = unit.start, unit.stop
    unit_start, unit_end = int(position[first]), int(position[stop])
    while first < stop:
        start = _word_start(position, max(unit_start, int(position[first]) - context))
        if _word_start(position, start + capacity) <= position[first]:
            start = int(position[first])
        if unit_end - start <= capacity:
            yield start, unit_end, range(first, stop)
            return
        end = _word_start(position, start + capacity)
        if end == start:
            end = start + capacity
        next_first = int(np.searchsorted(position, end - context, side="right")) - 1
        next_first = min(max(next_first, first + 1), stop)
        yield start, end, range(first, next_first)
        first = next_first


def _word_start(position: npt.NDArray[np.int64], piece: int) -> int:
    """Where the word of a piece starts."""
    return int(position[np.searchsorted(position, piece, side="right") - 1])


def sentence_units(words: Sequence[Span], sentences: Sequence[Span]) -> list[range]:
    """The word ranges of sentences; every word is in one."""
    ends = np.searchsorted([word.start for word in words], [s.end for s in sentences])
    return [range(a, b) for a, b in pairwise([0, *map(int, ends)]) if a < b]
