"""Batches of windows of like length, in an order that (seed, epoch) alone decides."""

from collections.abc import Sequence

import numpy as np

_POOL = 32
"""How many batches' worth of shuffled windows are sorted by length together."""


def plan_batches(
    lengths: Sequence[int], sequences: int, pieces: int, seed: int, epoch: int
) -> list[list[int]]:
    """Every window once, in batches.

    Args:
        lengths: the windows' lengths in pieces.
        sequences: how many windows a batch holds (the last may hold fewer), or 0.
        pieces: how many pieces, padding included, a batch may hold where ``sequences`` is 0; a
            window that is longer by itself makes a batch of its own.
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
        batches += _fill(by_length, lengths, sequences, pieces)
    return [batches[place] for place in random.permutation(len(batches))]


def _fill(
    by_length: Sequence[int], lengths: Sequence[int], sequences: int, pieces: int
) -> list[list[int]]:
    batches: list[list[int]] = []
    for index in by_length:
        size = len(batches[-1]) + 1 if batches else 0
        fits = size <= sequences if sequences else size * lengths[index] <= pieces
        if batches and fits:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
