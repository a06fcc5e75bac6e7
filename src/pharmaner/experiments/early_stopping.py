"""When a trial is hopeless: its F1 by share of its training, held against that of the others."""

from collections.abc import Sequence

from optuna.pruners import MedianPruner

WHOLE = 1000
"""A training's length, in Optuna's steps."""

_SHARES = 8
"""Trials are compared after each eighth of their training, however many epochs they have."""

PRUNER = MedianPruner(n_startup_trials=4, n_warmup_steps=WHOLE // 4, n_min_trials=4)
"""Stops a trial whose best F1 is under the median of four or more others after the same share of
their training, from its first quarter on."""


def best_by_step(f1_by_epoch: Sequence[float], epochs: int) -> dict[int, float]:
    """The best F1 so far after each eighth of a training, as far as it got.

    An eighth in which an epoch ended has the best until the first such epoch; one that an epoch
    passed over has the best before that epoch, and nothing where there was none.

    Args:
        f1_by_epoch: of the epochs that are finished.
        epochs: how many the training has in all.

    Returns:
        The F1 by Optuna's step.
    """
    best = {}
    for eighth in range(1, _SHARES + 1):
        first = -(-eighth * epochs // _SHARES)
        known = first if first * _SHARES // epochs == eighth else first - 1
        if known and first <= len(f1_by_epoch):
            best[eighth * WHOLE // _SHARES] = max(f1_by_epoch[:known])
    return best
