"""How far a score depends on its documents: a bootstrap, of one system or of two as a pair.

A resample draws as many documents as there are, with replacement, adds their counts up and takes
the micro-averaged ratios of the sums. Every system sees the same draws, so differences are paired.

Intervals are percentile intervals of 95 % (Efron & Tibshirani, 1993, An Introduction to the
Bootstrap, chapter 13). The p-value of an observed difference d is two-sided, over n resamples with
the differences d*:

    p = (k + 1) / (n + 1),  k = how many resamples have |d* - d| >= |d|

This is the paired bootstrap of Koehn (2004, W04-3250), its distribution shifted to a mean of no
difference (Efron & Tibshirani, chapter 16; Berg-Kirkpatrick et al., 2012, D12-1091, one-sided
there). Adding one counts the observed corpus among the resamples, so that p is never 0 (Davison &
Hinkley, 1997, Bootstrap Methods and their Application, section 4.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.document import Document
from pharmaner.scoring.strict import Counts, Scorer, document_counts

RATIOS = ("precision", "recall", "f1")
"""The order of the ratios in arrays, and their names in results."""

RESAMPLES = 10_000

_EDGES = (0.025, 0.975)
_ROUNDING = 1e-12
"""Differences that are equal but for the rounding of floats count as equal."""
_BLOCK = 1_000
"""How many resamples are drawn at a time; it bounds the memory."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Resampled:
    """The ratios of a system, each the mean over its runs, in the order of ``RATIOS``.

    ``observed`` has shape (3,), ``resampled`` has shape (resamples, 3).
    """

    observed: _Floats
    resampled: _Floats


@dataclass(frozen=True, slots=True)
class Interval:
    """An observed figure between 0 and 1 and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference(Interval):
    """An observed difference of two systems, its 95 % interval, and its two-sided p-value."""

    p_value: float


def resample(
    runs: Sequence[Sequence[Counts]], resamples: int = RESAMPLES, seed: int = 0
) -> Resampled:
    """Draw documents and score a system on them.

    The same seed, resamples and number of documents give the same draws in every call.

    Args:
        runs: the counts of each document, for each run of the system (one a seed); all of the same
            documents in the same order. A single prediction is a system of one run.
        resamples: how often the documents are drawn.
        seed: decides the draws.

    Raises:
        ValueError: when there is no run or no document, or runs differ in their number.
    """
    sizes = {len(run) for run in runs}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(f"runs over the same documents are needed, found {sorted(sizes)}")
    documents = sizes.pop()
    counts = np.array(
        [[(c.true_positives, c.false_positives, c.false_negatives) for c in run] for run in runs],
        dtype=np.float64,
    )
    by_document = counts.transpose(1, 0, 2).reshape(documents, -1)
    even = np.full(documents, 1 / documents)
    random = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        times_drawn = random.multinomial(documents, even, size=size).astype(np.float64)
        sums = (times_drawn @ by_document).reshape(size, len(runs), 3)
        means.append(_ratios(sums).mean(axis=1))
    return Resampled(_ratios(counts.sum(axis=1)).mean(axis=0), np.concatenate(means))


def resample_by_type(
    gold: Sequence[Document],
    runs: Sequence[Sequence[Document]],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str | None, Resampled]:
    """A system's ratios by type, and of all types together under ``None``; every type is scored.

    Args:
        gold: annotated documents.
        runs: the documents as each run of the system annotates them, matched by id.
        resamples: how often the documents are drawn.
        seed: decides the draws.

    Raises:
        ValueError: when there is no run or no document.
    """
    by_run = [document_counts(gold, predicted, Scorer.PUBLIC) for predicted in runs]
    labels = {label for counts in by_run for of_document in counts for label in of_document}
    micro = [[sum(d.values(), Counts()) for d in counts] for counts in by_run]
    tables: dict[str | None, list[list[Counts]]] = {None: micro}
    for label in sorted(labels):
        tables[label] = [[d.get(label, Counts()) for d in counts] for counts in by_run]
    return {label: resample(table, resamples, seed) for label, table in tables.items()}


def intervals(system: Resampled) -> dict[str, Interval]:
    """Precision, recall and F1 of a system, each with its interval."""
    edges = np.quantile(system.resampled, _EDGES, axis=0)
    return {
        name: Interval(
            value=float(system.observed[place]),
            low=float(edges[0, place]),
            high=float(edges[1, place]),
        )
        for place, name in enumerate(RATIOS)
    }


def differences(one: Resampled, other: Resampled) -> dict[str, Difference]:
    """By how much ``one`` is better than ``other`` in precision, recall and F1.

    Both must have been resampled with the same seed over the same documents.
    """
    observed = one.observed - other.observed
    resampled = one.resampled - other.resampled
    edges = np.quantile(resampled, _EDGES, axis=0)
    extreme = np.abs(resampled - observed) >= np.abs(observed) - _ROUNDING
    p_values = (extreme.sum(axis=0) + 1) / (len(resampled) + 1)
    return {
        name: Difference(
            value=float(observed[place]),
            low=float(edges[0, place]),
            high=float(edges[1, place]),
            p_value=float(p_values[place]),
        )
        for place, name in enumerate(RATIOS)
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests adjusted by Holm's step-down method, in their order.

    Those up to a level are rejected at that family-wise error rate (Holm, 1979, Scandinavian
    Journal of Statistics 6, 65-70).
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda p: p_values[p])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _ratios(sums: _Floats) -> _Floats:
    """Precision, recall and F1 of counts; both have 3 as their last dimension."""
    right, extra, lacking = np.moveaxis(sums, -1, 0)
    parts = np.stack([right, right, 2 * right], axis=-1)
    wholes = np.stack([right + extra, right + lacking, 2 * right + extra + lacking], axis=-1)
    ratios = np.zeros_like(parts)
    np.divide(parts, wholes, out=ratios, where=wholes > 0)
    return ratios
