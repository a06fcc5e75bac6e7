"""What a mention's score is worth: ratios by threshold, and calibration.

Mentions are judged as ``scoring.strict`` does, every type counted. Calibration compares scores with
the share of predictions that are right, over predicted mentions alone: whatever the system missed
has no score.

The expected calibration error is that of Guo et al. (2017, arXiv 1706.04599, section 2): bins of
equal width, the m-th of M being ((m - 1) / M, m / M], and the mean of the bins' gaps between mean
score and share of right predictions, weighted by how many predictions they hold. The Brier score is
the mean squared distance of a score from 1 where the prediction is right, from 0 where it is wrong
(Brier, 1950, Monthly Weather Review 78, 1-3; one class here).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.document import Document
from pharmaner.scoring.strict import Counts, Key

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """The predicted mentions of some documents, and how many mentions gold has.

    ``scores`` lie between 0 and 1, ``is_right`` says which predictions gold holds; both have shape
    (predictions,).
    """

    scores: npt.NDArray[np.float64]
    is_right: npt.NDArray[np.bool_]
    gold: int


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """The counts when only predictions with at least this score are kept."""

    threshold: float
    counts: Counts


@dataclass(frozen=True, slots=True)
class Bin:
    """The predictions with a score above ``low`` and up to ``high``; a score of 0 is in the first.

    ``mean_score`` and ``share_right`` are ``None`` in an empty bin.
    """

    low: float
    high: float
    predictions: int
    right: int
    mean_score: float | None
    share_right: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores and right predictions agree; both figures are ``None`` without predictions."""

    bins: list[Bin]
    expected_error: float | None
    brier: float | None


def judge(gold: Sequence[Document], predicted: Sequence[Document]) -> Judged:
    """Tell the right predictions from the wrong.

    Documents are matched by id; of predictions that are the same mention, the highest score counts.

    Raises:
        ValueError: when a prediction has no score.
    """
    returned = {document.id: document for document in predicted}
    scores: list[float] = []
    is_right: list[bool] = []
    wanted = 0
    for document in gold:
        expected = {(mention.label, mention.spans) for mention in document.mentions}
        wanted += len(expected)
        if document.id in returned:
            found = _scores(returned[document.id])
            scores += found.values()
            is_right += (key in expected for key in found)
    return Judged(np.array(scores, np.float64), np.array(is_right, np.bool_), wanted)


def by_threshold(judged: Judged) -> list[AtThreshold]:
    """The counts at each score that occurs, in rising order; the first keeps every prediction."""
    thresholds, place = np.unique(judged.scores, return_inverse=True)
    at_score = np.bincount(place, minlength=len(thresholds))
    right_at_score = np.bincount(place[judged.is_right], minlength=len(thresholds))
    kept = at_score[::-1].cumsum()[::-1].tolist()
    right = right_at_score[::-1].cumsum()[::-1].tolist()
    return [
        AtThreshold(threshold, Counts(right_here, kept_here - right_here, judged.gold - right_here))
        for threshold, kept_here, right_here in zip(thresholds.tolist(), kept, right, strict=True)
    ]


def best_threshold(curve: Sequence[AtThreshold]) -> AtThreshold | None:
    """The point with the highest F1, the lowest threshold among equals; ``None`` without points."""
    return max(curve, key=lambda point: point.counts.f1, default=None)


def thinned(curve: Sequence[AtThreshold], points: int) -> list[AtThreshold]:
    """At most ``points`` (6 or more) of the points, with both ends and the best.

    Half are evenly spaced by threshold and half by rank, for scores crowd towards 1.
    """
    if len(curve) <= points:
        return list(curve)
    half = (points - 1) // 2
    thresholds = [point.threshold for point in curve]
    by_score = np.linspace(thresholds[0], thresholds[-1], half)
    places = set(np.searchsorted(thresholds, by_score).tolist())
    places.update(np.linspace(0, len(curve) - 1, half).round().astype(int).tolist())
    best = best_threshold(curve)
    return [point for place, point in enumerate(curve) if place in places or point == best]


def calibration(judged: Judged, bins: int = BINS) -> Calibration:
    """Reliability by bin, expected calibration error and Brier score."""
    edges = [place / bins for place in range(bins + 1)]
    members = np.searchsorted(edges[1:-1], judged.scores, side="left")
    table = [
        _bin(edges[place], edges[place + 1], judged, members == place) for place in range(bins)
    ]
    total = len(judged.scores)
    if not total:
        return Calibration(table, None, None)
    gaps = [
        b.predictions / total * abs(b.mean_score - b.share_right)
        for b in table
        if b.mean_score is not None and b.share_right is not None
    ]
    brier = float(np.mean((judged.scores - judged.is_right) ** 2))
    return Calibration(table, sum(gaps), brier)


def _bin(low: float, high: float, judged: Judged, is_member: npt.NDArray[np.bool_]) -> Bin:
    predictions = int(is_member.sum())
    right = int(judged.is_right[is_member].sum())
    if not predictions:
        return Bin(low, high, 0, 0, None, None)
    mean_score = float(judged.scores[is_member].mean())
    return Bin(low, high, predictions, right, mean_score, right / predictions)


def _scores(document: Document) -> dict[Key, float]:
    scores: dict[Key, float] = {}
    for mention in document.mentions:
        if mention.score is None:
            raise ValueError(f"{document.id}: {mention.label} {mention.start} has no score")
        key = (mention.label, mention.spans)
        scores[key] = max(mention.score, scores.get(key, 0.0))
    return scores
