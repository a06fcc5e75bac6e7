"""``Emissions``: what is known about every word of a document before mentions are decided."""

from dataclasses import dataclass

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
