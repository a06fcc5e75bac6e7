"""Threshold curves against the strict scorer, calibration against sums written out one by one."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention
from pharmaner.scoring.calibration import (
    AtThreshold,
    best_threshold,
    by_threshold,
    calibration,
    judge,
    thinned,
)
from pharmaner.scoring.strict import Counts, Scorer, score

TENTHS = st.integers(0, 10).map(lambda tenth: tenth / 10)
SCORES = st.one_of(TENTHS, st.floats(0, 1))


@st.composite
def mentions(draw: st.DrawFn, scored: bool) -> tuple[Mention, ...]:
    found = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, 3))
        end = draw(st.integers(start + 1, 4))
        given_score = draw(SCORES) if scored else None
        found.append(Mention.at(start, end, draw(st.sampled_from(["A", "UNCLEAR"])), given_score))
    return tuple(found)


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[Document], list[Document]]:
    gold = [Document(str(n), "abcd", draw(mentions(False))) for n in range(draw(st.integers(0, 4)))]
    predicted = [
        Document(document.id, document.text, draw(mentions(True)))
        for document in [*gold, Document("unexpected", "abcd")]
        if draw(st.booleans())
    ]
    return gold, predicted


def kept(documents: list[Document], threshold: float) -> list[Document]:
    return [
        replace(d, mentions=tuple(m for m in d.mentions if (m.score or 0.0) >= threshold))
        for d in documents
    ]


def right_and_scores(gold: list[Document], predicted: list[Document]) -> list[tuple[float, bool]]:
    """Each distinct predicted mention once, by its highest score."""
    wanted = {(d.id, m.label, m.spans) for d in gold for m in d.mentions}
    ids = {d.id for d in gold}
    best: dict[object, float] = {}
    for d in predicted:
        for m in d.mentions:
            if d.id in ids:
                key = (d.id, m.label, m.spans)
                best[key] = max(best.get(key, 0.0), m.score or 0.0)
    return [(found, key in wanted) for key, found in best.items()]


@settings(deadline=None)
@given(corpora())
def test_each_point_is_the_strict_score_of_what_is_kept(
    corpus: tuple[list[Document], list[Document]],
) -> None:
    gold, predicted = corpus
    curve = by_threshold(judge(gold, predicted))
    assert [p.threshold for p in curve] == sorted({s for s, _ in right_and_scores(*corpus)})
    for point in curve:
        assert score(gold, kept(predicted, point.threshold), Scorer.PUBLIC).micro == point.counts
    if curve:
        assert curve[0].counts == score(gold, predicted, Scorer.PUBLIC).micro
        best = best_threshold(curve)
        assert best is not None
        rivals = [p for p in curve if p.counts.f1 == max(q.counts.f1 for q in curve)]
        assert best.threshold == min(p.threshold for p in rivals)
    else:
        assert best_threshold(curve) is None


@settings(deadline=None)
@given(corpora(), st.integers(1, 12))
def test_calibration_is_the_sum_over_bins_written_out(
    corpus: tuple[list[Document], list[Document]], bins: int
) -> None:
    gold, predicted = corpus
    judged = right_and_scores(gold, predicted)
    found = calibration(judge(gold, predicted), bins)
    error = 0.0
    for number, shown in enumerate(found.bins, start=1):
        low, high = (number - 1) / bins, number / bins
        inside = [(s, r) for s, r in judged if low < s <= high or (s == 0 and number == 1)]
        assert (shown.low, shown.high, shown.predictions) == (low, high, len(inside))
        assert shown.right == sum(r for _, r in inside)
        if inside:
            mean_score = sum(s for s, _ in inside) / len(inside)
            share = sum(r for _, r in inside) / len(inside)
            assert (shown.mean_score, shown.share_right) == pytest.approx((mean_score, share))
            error += len(inside) / len(judged) * abs(share - mean_score)
        else:
            assert shown.mean_score is shown.share_right is None
    assert len(found.bins) == bins
    if judged:
        brier = sum((s - r) ** 2 for s, r in judged) / len(judged)
        assert (found.expected_error, found.brier) == pytest.approx((error, brier))
    else:
        assert found.expected_error is found.brier is None


def test_calibration_by_hand() -> None:
    """Bins of one, two and one predictions: gaps 0.55, 0.4 and 0."""
    gold = [Document("d", "abcdefgh", (Mention.at(0, 1, "A"), Mention.at(3, 4, "A")))]
    scores = [(0, 0.9), (1, 0.9), (2, 0.55), (3, 1.0)]
    predicted = [gold[0].with_mentions(Mention.at(at, at + 1, "A", s) for at, s in scores)]
    found = calibration(judge(gold, predicted))
    sizes = {round(b.high, 1): b.predictions for b in found.bins if b.predictions}
    assert sizes == {0.6: 1, 0.9: 2, 1.0: 1}
    assert found.expected_error == pytest.approx((1 * 0.55 + 2 * 0.4 + 1 * 0.0) / 4)
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.3025 + 0.0) / 4)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9)), min_size=1, max_size=60),
    st.integers(6, 20),
)
def test_thinning_keeps_both_ends_and_the_best_in_order(
    found: list[tuple[float, int]], points: int
) -> None:
    curve = [
        AtThreshold(t, Counts(right, 3, 9 - right)) for t, right in sorted(dict(found).items())
    ]
    fewer = thinned(curve, points)
    assert fewer == [point for point in curve if point in fewer]
    best = best_threshold(curve)
    assert best is not None
    assert {curve[0], curve[-1], best} <= set(fewer)
    if len(curve) <= points:
        assert fewer == curve
        return
    assert len(fewer) <= points
    gaps = (points - 1) // 2 - 1
    places = [curve.index(point) for point in fewer]
    for left, right in pairwise(places):
        assert right - left <= (len(curve) - 1) / gaps + 1
    low, high = curve[0].threshold, curve[-1].threshold
    for place in range(1, gaps):
        even = low + (high - low) * place / gaps
        # What an evenly spaced threshold keeps is shown, whichever way its last digit rounds.
        rivals = [next(p for p in curve if p.threshold >= even + dust) for dust in (-1e-12, 1e-12)]
        assert set(rivals) & set(fewer)


def test_a_prediction_without_a_score_is_refused() -> None:
    document = Document("d", "abc", (Mention.at(0, 1, "A"),))
    with pytest.raises(ValueError, match="d: A 0 has no score"):
        judge([document], [document])
