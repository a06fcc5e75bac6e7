"""``Emissions``: what is known about every word of a document before mentions are decided."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pharmaner.document import Span


@dataclass(frozen=True, slots=True)
class Emissions:
    """Log-probabilities of every word's tags.

    ``words`` are the document's words in order. ``scores`` has shape (words, tags), float64, rows
    summing to 1 under ``exp``; the row of a word that the tokenizer gave no piece is NaN.
    """

    document_id: str
    words: tuple[Span, ...]
    scores: npt.NDArray[np.float64]

    @property
    def scored(self) -> npt.NDArray[np.intp]:
        """The indices of the words that have scores."""
        return np.flatnonzero(~np.isnan(self.scores).any(axis=1))

    def tempered(self, temperature: float) -> "Emissions":
        """The same, every log-probability divided by a temperature and made to sum to 1 again."""
        if temperature == 1:
            return self
        return replace(self, scores=normalised(self.scores / temperature))


def normalised(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rows shifted so that they sum to 1 under ``exp``; shape (words, tags), NaN stays NaN."""
    highest = scores.max(axis=1, keepdims=True)
    totals = np.exp(scores - highest).sum(axis=1, keepdims=True)
    shifted: npt.NDArray[np.float64] = scores - (highest + np.log(totals))
    return shifted
