"""Classes of errors, held against a slow statement of the rule and against real repairs."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention, Span
from pharmaner.scoring.error_analysis import (
    OF_FALSE_NEGATIVES,
    OF_FALSE_POSITIVES,
    ErrorClass,
    analyse,
    match_by_overlap,
)
from pharmaner.scoring.strict import Scorer, score

TEXT = "ácido úrico y sodio"


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    edges = sorted(draw(st.sets(st.integers(0, 9), min_size=2, max_size=4)))
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    return Mention(spans, draw(st.sampled_from(["A", "B", "UNCLEAR"])))


corpora = st.lists(
    st.builds(
        Document,
        st.sampled_from(["one", "two"]),
        st.just(TEXT),
        st.lists(mentions(), max_size=6).map(tuple),
    ),
    max_size=2,
    unique_by=lambda document: document.id,
)
options = st.tuples(st.sampled_from(Scorer), st.booleans())


def code_points(mention: Mention) -> set[int]:
    return {place for span in mention.spans for place in range(span.start, span.end)}


def matched_slowly(
    gold: Iterable[Mention], predicted: Iterable[Mention]
) -> list[tuple[Mention, Mention]]:
    """The rule as it is said: look for the best pair among all, take it away, look again."""
    gold, predicted = list(gold), list(predicted)
    matched = []
    while True:
        best: tuple[int, Mention, Mention] | None = None
        leftmost = [sorted(side, key=lambda m: (m.spans, m.label)) for side in (gold, predicted)]
        for expected in leftmost[0]:
            for given_ in leftmost[1]:
                shared = len(code_points(expected) & code_points(given_))
                if not shared:
                    continue
                is_better = best is None or shared > best[0]
                is_typed_tie = (
                    best is not None
                    and shared == best[0]
                    and (expected.spans, given_.spans) == (best[1].spans, best[2].spans)
                    and best[1].label != best[2].label
                    and expected.label == given_.label
                )
                if is_better or is_typed_tie:
                    best = (shared, expected, given_)
        if best is None:
            return matched
        matched.append(best[1:])
        gold.remove(best[1])
        predicted.remove(best[2])


@settings(deadline=None, max_examples=400)
@given(st.sets(mentions(), max_size=6), st.sets(mentions(), max_size=6))
def test_matching_is_the_rule_stated_slowly(gold: set[Mention], predicted: set[Mention]) -> None:
    assert match_by_overlap(gold, predicted) == matched_slowly(gold, predicted)


def at(*offsets: tuple[int, int, str]) -> list[Mention]:
    return [Mention.at(*offset) for offset in offsets]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param([(0, 6, "A")], [(4, 9, "A"), (0, 3, "B")], [(0, 1)], id="largest"),
        pytest.param([(0, 2, "A"), (4, 6, "A")], [(1, 5, "A")], [(0, 0)], id="leftmost gold"),
        pytest.param([(1, 5, "A")], [(4, 6, "A"), (0, 2, "A")], [(0, 1)], id="leftmost predicted"),
        pytest.param([(0, 2, "A")], [(2, 4, "A")], [], id="touching is not overlapping"),
        pytest.param([(0, 4, "A")], [(1, 3, "A"), (3, 4, "A")], [(0, 0)], id="one to one"),
        pytest.param(
            [(0, 3, "A"), (2, 9, "A")], [(2, 7, "A"), (0, 1, "B")], [(1, 0), (0, 1)], id="greedy"
        ),
    ],
)
def test_matching_by_hand(
    gold: list[tuple[int, int, str]],
    predicted: list[tuple[int, int, str]],
    expected: list[tuple[int, int]],
) -> None:
    wanted, found = at(*gold), at(*predicted)
    assert match_by_overlap(wanted, found) == [(wanted[g], found[p]) for g, p in expected]


def classes(gold: list[Mention], predicted: list[Mention]) -> list[ErrorClass]:
    document = Document("d", TEXT, tuple(gold))
    return [error.kind for error in analyse([document], [document.with_mentions(predicted)]).errors]


def test_each_class_by_hand() -> None:
    gold = at((0, 5, "A"))
    assert classes(gold, gold) == []
    assert classes(gold, at((0, 4, "A"))) == [ErrorClass.BOUNDARY]
    assert classes(gold, [Mention((Span(0, 2), Span(2, 5)), "A")]) == [ErrorClass.BOUNDARY]
    assert classes(gold, at((0, 5, "B"))) == [ErrorClass.TYPE]
    assert classes(gold, at((0, 6, "B"))) == [ErrorClass.BOUNDARY_AND_TYPE]
    assert classes(gold, []) == [ErrorClass.MISSED]
    assert classes([], gold) == [ErrorClass.SPURIOUS]
    assert classes(gold, at((6, 11, "A"))) == [ErrorClass.MISSED, ErrorClass.SPURIOUS]
    assert classes(gold, at((0, 5, "A"), (0, 4, "A"))) == [ErrorClass.SPURIOUS]


def scored_set(documents: list[Document], ids: set[str], labels: set[str]) -> Counter[object]:
    """Mentions that count, each once, as (document, spans, label)."""
    return Counter(
        {
            (d.id, m.spans, m.label): 1
            for d in documents
            if d.id in ids
            for m in d.mentions
            if m.label in labels
        }
    )


@settings(deadline=None, max_examples=300)
@given(corpora, corpora, options)
def test_every_error_is_in_exactly_one_class(
    gold: list[Document], predicted: list[Document], how: tuple[Scorer, bool]
) -> None:
    scorer, official_missing = how
    labels = {"A", "B"} | ({"UNCLEAR"} if scorer is Scorer.PUBLIC else set())
    ids = {d.id for d in gold}
    if official_missing:
        ids &= {d.id for d in predicted}
    wanted, found = scored_set(gold, ids, labels), scored_set(predicted, ids, labels)
    analysis = analyse(gold, predicted, scorer, official_missing)
    sides: dict[str, Counter[object]] = {"gold": Counter(), "predicted": Counter()}
    for error in analysis.errors:
        for name, mention in (("gold", error.gold), ("predicted", error.predicted)):
            if mention:
                sides[name][error.document.id, mention.spans, mention.label] += 1
    assert sides["gold"] == wanted - found
    assert sides["predicted"] == found - wanted
    right = Counter((d.id, m.spans, m.label) for d, m in analysis.exact)
    assert right == wanted & found
    assert set(analysis.false_negatives) == set(OF_FALSE_NEGATIVES)
    assert set(analysis.false_positives) == set(OF_FALSE_POSITIVES)
    counts = score(gold, predicted, scorer, official_missing).micro
    assert sum(analysis.false_negatives.values()) == counts.false_negatives
    assert sum(analysis.false_positives.values()) == counts.false_positives


@settings(deadline=None, max_examples=300)
@given(corpora, corpora, options)
def test_errors_are_those_that_the_slow_rule_joins(
    gold: list[Document], predicted: list[Document], how: tuple[Scorer, bool]
) -> None:
    """Per document: which mentions stand together, and the class that this implies."""
    scorer, official_missing = how
    analysis = analyse(gold, predicted, scorer, official_missing)
    answers = {d.id: d for d in predicted}
    for document in gold:
        given_ = answers.get(document.id, document.with_mentions([]))
        scored = [
            {m for m in d.mentions if scorer is Scorer.PUBLIC or m.label != "UNCLEAR"}
            for d in (document, given_)
        ]
        wanted, found = scored[0] - scored[1], scored[1] - scored[0]
        if official_missing and document.id not in answers:
            wanted = set()
        pairs = matched_slowly(wanted, found)
        expected: set[tuple[Mention | None, Mention | None]] = set(pairs)
        expected |= {(m, None) for m in wanted - {g for g, _ in pairs}}
        expected |= {(None, m) for m in found - {p for _, p in pairs}}
        here = [error for error in analysis.errors if error.document.id == document.id]
        assert {(error.gold, error.predicted) for error in here} == expected
        for error in here:
            if error.gold and error.predicted:
                same_label = error.gold.label == error.predicted.label
                same_place = error.gold.spans == error.predicted.spans
                assert not (same_label and same_place)
                assert (error.kind is ErrorClass.BOUNDARY) == same_label
                assert (error.kind is ErrorClass.TYPE) == same_place
