"""Whole-word masking: which pieces are hidden, and what stands in their place.

As BERT (Devlin et al., 2019, section 3.1) with whole words: of the chosen words 80 % are replaced
by mask pieces, 10 % by random pieces, 10 % stay.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.text.pieces import NO_WORD
from pharmaner.text.windows import Window
from pharmaner.training.examples import NOT_LEARNED, Example


@dataclass(frozen=True, slots=True)
class Masker:
    """Hides words of windows.

    ``share`` is the share of the words' pieces to hide, at least one word; ``mask_id`` the mask
    piece; ``ordinary`` the vocabulary indices that random pieces are drawn from.
    """

    share: float
    mask_id: int
    ordinary: npt.NDArray[np.int64]

    def hide(self, window: Window, random: np.random.Generator) -> Example:
        """The window with words hidden; labels are the hidden pieces, elsewhere nothing."""
        input_ids = window.input_ids.copy()
        labels = np.full(len(input_ids), NOT_LEARNED, dtype=np.int64)
        inside = window.word_index != NO_WORD
        wanted = max(1, round(self.share * int(inside.sum())))
        hidden = 0
        for word in random.permutation(np.unique(window.word_index[inside])):
            places = np.flatnonzero(window.word_index == word)
            if hidden and hidden + len(places) > wanted:
                continue
            labels[places] = input_ids[places]
            input_ids[places] = self._instead(input_ids[places], random)
            hidden += len(places)
            if hidden >= wanted:
                break
        return Example(input_ids, labels, window.word_index)

    def _instead(
        self, pieces: npt.NDArray[np.int64], random: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        fate = random.random()
        if fate < 0.8:
            return np.full_like(pieces, self.mask_id)
        return random.choice(self.ordinary, len(pieces)) if fate < 0.9 else pieces
