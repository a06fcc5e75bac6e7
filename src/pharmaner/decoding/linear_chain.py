"""Linear-chain conditional random fields over the words of documents, with numpy alone.

A sequence of tags scores the sum of its words' emissions and of the transitions between neighbours;
its probability is the exponential of that, over the sum for all sequences (Lafferty et al., 2001).
Sums over sequences take one pass forward and one backward (Rabiner, 1989, section III). A pass goes
through all documents at once, word by word, so that numpy's cost of a call is shared.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LOWEST_EMISSION = -1e6
"""What an impossible tag counts, so that some legal sequence always has a finite score."""

_Floats = npt.NDArray[np.float64]


class _Walk:
    """The order in which words are met: every document's first, the longest one's before others.

    ``rows`` are the places of each document's words in that order. ``active`` is how many documents
    have a word left at each step, ``starts`` where the step's words begin, and then the end.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        counts = np.array(lengths)
        active = len(counts) - np.searchsorted(np.sort(counts), np.arange(counts.max()), "right")
        starts = np.concatenate([[0], np.cumsum(active)])
        rank = np.empty(len(counts), dtype=np.intp)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        self.rows = [starts[:count] + place for count, place in zip(counts, rank, strict=True)]
        self.rank = rank
        self.active: list[int] = active.tolist()
        self.starts: list[int] = starts.tolist()

    def gathered(self, documents: Sequence[_Floats]) -> _Floats:
        """The documents' rows in the order of the walk."""
        together = np.empty((self.starts[-1], documents[0].shape[1]))
        for rows, document in zip(self.rows, documents, strict=True):
            together[rows] = document
        return together


class LinearChains:
    """The tag sequences of some documents.

    Args:
        emissions: of each document, shape (words, tags), at least one word.
        transitions: from row to column, shape (tags, tags); minus infinity where illegal. What may
            follow ``O``, tag 0, may begin a document, and what ``O`` may follow may end one.
    """

    def __init__(self, emissions: Sequence[_Floats], transitions: _Floats) -> None:
        self.emissions = [np.maximum(of, _LOWEST_EMISSION) for of in emissions]
        self.transitions = transitions
        self.begin = np.where(np.isneginf(transitions[0]), -np.inf, 0.0)
        self.end = np.where(np.isneginf(transitions[:, 0]), -np.inf, 0.0)
        self._walk = _Walk([len(of) for of in emissions])

    def viterbi(self) -> list[list[int]]:
        """The sequence with the highest score of each document; of equals, the lowest last tags."""
        walk = self._walk
        emissions = walk.gathered(self.emissions)
        best = self.begin + emissions[: walk.active[0]]
        before = np.zeros(emissions.shape, dtype=np.intp)
        for step in range(1, len(walk.active)):
            active, here = walk.active[step], slice(walk.starts[step], walk.starts[step + 1])
            candidates = best[:active, :, None] + self.transitions
            before[here] = candidates.argmax(axis=1)
            best[:active] = candidates.max(axis=1) + emissions[here]
        tags = np.empty(len(emissions), dtype=np.intp)
        following = (best + self.end).argmax(axis=1)
        for step in range(len(walk.active) - 1, -1, -1):
            here = slice(walk.starts[step], walk.starts[step + 1])
            tags[here] = following[: walk.active[step]]
            following[: walk.active[step]] = before[here][range(walk.active[step]), tags[here]]
        return [tags[rows].tolist() for rows in walk.rows]

    @np.errstate(divide="ignore")
    def forward(self) -> list[_Floats]:
        """Log-sums over the beginnings of sequences, up to and with each tag: (words, tags)."""
        walk = self._walk
        sums = walk.gathered(self.emissions)
        sums[: walk.active[0]] += self.begin
        matrix = np.exp(self.transitions)
        for step in range(1, len(walk.active)):
            before = sums[walk.starts[step - 1] :][: walk.active[step]]
            sums[walk.starts[step] : walk.starts[step + 1]] += _through(before, matrix)
        return [sums[rows] for rows in walk.rows]

    @np.errstate(divide="ignore")
    def backward(self) -> list[_Floats]:
        """Log-sums over the ends of sequences, after each tag: shape (words, tags)."""
        walk = self._walk
        emissions = walk.gathered([of[::-1] for of in self.emissions])
        sums = np.empty(emissions.shape)
        sums[: walk.active[0]] = self.end
        matrix = np.exp(self.transitions.T)
        for step in range(1, len(walk.active)):
            after = slice(walk.starts[step - 1], walk.starts[step - 1] + walk.active[step])
            here = slice(walk.starts[step], walk.starts[step + 1])
            sums[here] = _through(sums[after] + emissions[after], matrix)
        return [sums[rows][::-1] for rows in walk.rows]

    def segment(self, document: int, first: int, tags: Sequence[int]) -> float:
        """The score of ``tags`` from a word on, without that word's emission."""
        emissions = self.emissions[document]
        inside = zip(tags, tags[1:], range(first + 1, first + len(tags)), strict=False)
        return float(sum(self.transitions[a, b] + emissions[at, b] for a, b, at in inside))


def log_sum(terms: _Floats) -> float:
    """The logarithm of a sum of exponentials; minus infinity for no terms."""
    highest = terms.max(initial=-np.inf)
    if np.isneginf(highest):
        return -np.inf
    return float(highest + np.log(np.exp(terms - highest).sum()))


def _through(log_weights: _Floats, matrix: _Floats) -> _Floats:
    """Rows of log-weights carried through a matrix of plain weights."""
    highest = log_weights.max(axis=1, keepdims=True)
    carried: _Floats = highest + np.log(np.exp(log_weights - highest) @ matrix)
    return carried
