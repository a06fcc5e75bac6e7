"""Batches of windows of like length, in an order that (seed, epoch) alone decides."""

from collections.abc import Sequence

import numpy as np

from pharmaner.network.batches import fill_batches

_POOL = 32
"""How many batches' worth of shuffled windows are sorted by length together."""


def plan_batches(
    lengths: Sequence[int], sequences: int, pieces: int, seed: int, epoch: int
) -> list[list[int]]:
    """Every window once, in batches.

    Args:
        lengths: the windows' lengths in pieces.
        sequences: see ``fill_batches``.
        pieces: see ``fill_batches``.
        seed: the training's seed.
        epoch: counts from 0.

    Returns:
        Indices into ``lengths``, batch by batch.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths)).tolist()
    typical = sequences or max(1, pieces // max(1, int(np.mean(lengths))))
    pool = _POOL * typical
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        by_length = sorted(order[start : start + pool], key=lambda index: lengths[index])
        batches += fill_batches(by_length, lengths, sequences, pieces)
    return [batches[place] for place in random.permutation(len(batches))]
