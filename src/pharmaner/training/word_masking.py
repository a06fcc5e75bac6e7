"""Word masking: words are hidden from the network, which has to tag them by their context."""

from dataclasses import replace

import numpy as np

from pharmaner.text.pieces import NO_WORD
from pharmaner.training.examples import Example


def mask_words(
    example: Example, share: float, mask_id: int, random: np.random.Generator
) -> Example:
    """The example with mask pieces in place of some words' pieces; its labels stay.

    Args:
        example: a window to learn from.
        share: each word's chance to be hidden.
        mask_id: the vocabulary index of the mask piece.
        random: decides.
    """
    words = np.unique(example.word_index[example.word_index != NO_WORD])
    hidden = np.isin(example.word_index, words[random.random(len(words)) < share])
    return replace(example, input_ids=np.where(hidden, mask_id, example.input_ids))
