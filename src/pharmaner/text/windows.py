"""Windows over whole texts: nothing is truncated, every word is owned by exactly one window."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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
    sentence_starts: Sequence[int] = (),
) -> list[Window]:
    """Cut windows of at most ``length`` pieces, none of which crosses a unit's end.

    A unit that fits is one window. A longer one is read left to right: each window owns words up
    to the last start of a sentence in it, if that leaves it half full at least, and sees a quarter
    of ``context`` beyond it; without one it owns words up to ``context`` pieces before its end.
    The next window starts as many pieces before its first owned word. A word of more pieces than
    fit is represented by its first pieces. Context is whole words; where it does not fit beside a
    word, it gives way.

    Args:
        pieces: the pieces of a text.
        units: consecutive ranges of word indices, such as sentences, or one for all words.
        length: the most pieces in a window, special pieces included.
        context: the least number of pieces that a word sees on either side, ends of unit apart;
            beyond its sentence it may see but a quarter of them.
        prefix: the special pieces before each window.
        suffix: the special pieces after each window.
        sentence_starts: the words that begin a sentence, ascending.

    Returns:
        Windows in order of the words they own.
    """
    capacity = length - len(prefix) - len(suffix)
    position = _first_pieces(pieces, units := list(units))
    windows = []
    for unit in units:
        cuts = _Cuts(position, unit, capacity, context, sentence_starts)
        for start, end, owned in cuts.windows():
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


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where a unit is cut; ``position`` is the index of each word's first piece."""

    position: npt.NDArray[np.int64]
    unit: range
    capacity: int
    context: int
    sentence_starts: Sequence[int]

    def windows(self) -> Iterator[tuple[int, int, range]]:
        """Pieces' start and end, and the owned words, of each window."""
        unit_end = int(self.position[self.unit.stop])
        first, before = self.unit.start, 0
        while first < self.unit.stop:
            start = self._start(first, before)
            if unit_end - start <= self.capacity:
                yield start, unit_end, range(first, self.unit.stop)
                return
            end, next_first, before = self._end(start, first)
            yield start, end, range(first, next_first)
            first = next_first

    def _start(self, first: int, context: int) -> int:
        """The first piece of a window whose first owned word is given."""
        owned = int(self.position[first])
        start = self._word_start(max(int(self.position[self.unit.start]), owned - context))
        return start if self._word_start(start + self.capacity) > owned else owned

    def _end(self, start: int, first: int) -> tuple[int, int, int]:
        """A window's end, the next one's first owned word, and the context it sees before that."""
        limit = start + self.capacity
        quarter = self.context // 4
        for word in self._sentence_starts(first, start + self.capacity // 2, limit - quarter):
            end = self.position[np.searchsorted(self.position, self.position[word] + quarter)]
            if end <= limit:
                return int(end), word, quarter
        end = self._word_start(limit)
        if end == start:
            end = limit
        following = int(np.searchsorted(self.position, end - self.context, side="right")) - 1
        return end, min(max(following, first + 1), self.unit.stop), self.context

    def _sentence_starts(self, first: int, lowest: int, highest: int) -> Iterator[int]:
        """Those after a word whose first piece is between two, both included, last one first."""
        starts = self.sentence_starts
        after = bisect_right(starts, first)
        stop = bisect_right(starts, highest, key=self.position.__getitem__)
        for word in reversed(starts[after:stop]):
            if self.position[word] < lowest:
                return
            yield word

    def _word_start(self, piece: int) -> int:
        """Where the word of a piece starts."""
        return int(self.position[np.searchsorted(self.position, piece, side="right") - 1])


def sentence_units(words: Sequence[Span], sentences: Sequence[Span]) -> list[range]:
    """The word ranges of sentences; every word is in one."""
    ends = np.searchsorted([word.start for word in words], [s.end for s in sentences])
    return [range(a, b) for a, b in pairwise([0, *map(int, ends)]) if a < b]
