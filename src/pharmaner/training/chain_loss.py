"""The loss of windows under a conditional random field over their owned words."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from pharmaner.network.crf import ConditionalRandomField
from pharmaner.training.examples import NOT_LEARNED, Example


def chain_loss(
    crf: ConditionalRandomField, logits: torch.Tensor, examples: Sequence[Example]
) -> torch.Tensor:
    """The summed negative log-likelihood of the tags of the windows' owned words.

    A word's emissions are the mean of its pieces' logits. Prediction takes the mean of their
    log-probabilities, which differs by one number a word and so not for the tag sequences.

    Args:
        crf: the transitions.
        logits: shape (windows, pieces, tags).
        examples: the windows, one a row, each with an owned word.
    """
    emissions, tags = [], []
    for row, example in enumerate(examples):
        owned = np.flatnonzero(example.labels != NOT_LEARNED)
        _, first, word = np.unique(
            example.word_index[owned], return_index=True, return_inverse=True
        )
        pieces = logits[row, torch.from_numpy(owned)].float()
        sums = pieces.new_zeros(len(first), pieces.shape[1])
        sums = sums.index_add(0, torch.from_numpy(word).to(pieces.device), pieces)
        counts = torch.from_numpy(np.bincount(word)).to(pieces.device)
        emissions.append(sums / counts.unsqueeze(1))
        tags.append(torch.from_numpy(example.labels[owned[first]]).to(pieces.device))
    mask = pad_sequence([torch.ones_like(row, dtype=torch.bool) for row in tags], batch_first=True)
    return crf.loss(
        pad_sequence(emissions, batch_first=True), pad_sequence(tags, batch_first=True), mask
    )
