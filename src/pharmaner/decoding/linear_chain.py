"""A linear-chain conditional random field over the words of a document, with numpy alone.

A sequence of tags scores the sum of its words' emissions and of the transitions between neighbours;
its probability is the exponential of that, over the sum for all sequences (Lafferty et al., 2001).
Sums over sequences take one pass forward and one backward (Rabiner, 1989, section III).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LOWEST_EMISSION = -1e6
"""What an impossible tag counts, so that some legal sequence always has a finite score."""

_Floats = npt.NDArray[np.float64]


class LinearChain:
    """The tag sequences of one document.

    Args:
        emissions: shape (words, tags), at least one word.
        transitions: from row to column, shape (tags, tags); minus infinity where illegal. What may
            follow ``O``, tag 0, may begin a document, and what ``O`` may follow may end one.
    """

    def __init__(self, emissions: _Floats, transitions: _Floats) -> None:
        self.emissions = np.maximum(emissions, _LOWEST_EMISSION)
        self.transitions = transitions
        self.begin = np.where(np.isneginf(transitions[0]), -np.inf, 0.0)
        self.end = np.where(np.isneginf(transitions[:, 0]), -np.inf, 0.0)

    def viterbi(self) -> list[int]:
        """The sequence with the highest score; of equals, the one whose last tags come first."""
        best = self.begin + self.emissions[0]
        before = np.empty(self.emissions.shape, dtype=np.intp)
        for place in range(1, len(self.emissions)):
            candidates = best[:, None] + self.transitions
            before[place] = candidates.argmax(axis=0)
            best = candidates.max(axis=0) + self.emissions[place]
        tags = [int((best + self.end).argmax())]
        for place in range(len(self.emissions) - 1, 0, -1):
            tags.append(int(before[place, tags[-1]]))
        return tags[::-1]

    def forward(self) -> _Floats:
        """Log-sums over the beginnings of sequences, up to and with each tag: (words, tags)."""
        sums = np.empty(self.emissions.shape)
        sums[0] = self.begin + self.emissions[0]
        matrix = np.exp(self.transitions)
        with np.errstate(divide="ignore"):
            for place in range(1, len(sums)):
                sums[place] = _through(sums[place - 1], matrix) + self.emissions[place]
        return sums

    def backward(self) -> _Floats:
        """Log-sums over the ends of sequences, after each tag: shape (words, tags)."""
        sums = np.empty(self.emissions.shape)
        sums[-1] = self.end
        matrix = np.exp(self.transitions.T)
        with np.errstate(divide="ignore"):
            for place in range(len(sums) - 1, 0, -1):
                sums[place - 1] = _through(sums[place] + self.emissions[place], matrix)
        return sums

    def segment(self, first: int, tags: Sequence[int]) -> float:
        """The score of ``tags`` from the word ``first`` on, without the first word's emission."""
        inside = zip(tags, tags[1:], range(first + 1, first + len(tags)), strict=False)
        return float(sum(self.transitions[a, b] + self.emissions[at, b] for a, b, at in inside))


def log_sum(terms: _Floats) -> float:
    """The logarithm of a sum of exponentials; minus infinity for no terms."""
    highest = terms.max(initial=-np.inf)
    if np.isneginf(highest):
        return -np.inf
    return float(highest + np.log(np.exp(terms - highest).sum()))


def _through(log_weights: _Floats, matrix: _Floats) -> _Floats:
    """Log-weights carried through a matrix of plain weights."""
    highest = log_weights.max()
    carried: _Floats = highest + np.log(np.exp(log_weights - highest) @ matrix)
    return carried
