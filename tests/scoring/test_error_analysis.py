"""Against a slow reading of the rule, the strict score, and repairs that are really made."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora.folder import read_annotations_over, read_folder
from pharmaner.document import Document, Mention, Span
from pharmaner.scoring.error_analysis import ErrorAnalysis, ErrorClass, MentionError, analyse
from pharmaner.scoring.error_breakdowns import NOTHING, break_down, confusion, surfaces
from pharmaner.scoring.strict import Scorer, score
from tests.conftest import SHARED, needs_shared

TEXT = "á-3 bc ñ4 x" * 2
LABELS = ["NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR"]
GOLD = SHARED / "data" / "pharmaconer" / "dev"
SYSTEMS = SHARED / "oracle" / "systems"


@st.composite
def mentions(draw: st.DrawFn) -> tuple[Mention, ...]:
    ends = st.integers(0, len(TEXT))
    drawn = draw(st.lists(st.tuples(ends, ends, st.sampled_from(LABELS)), max_size=6))
    return tuple(Mention.at(min(a, b), max(a, b), label) for a, b, label in drawn if a != b)


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[Document], list[Document]]:
    names = ["one", "two"]
    gold = [Document(name, TEXT, draw(mentions())) for name in names]
    returned = [Document(name, TEXT, draw(mentions())) for name in names]
    return gold, returned[: draw(st.integers(1, 2))]


def shared_code_points(one: Mention, other: Mention) -> int:
    return len(set(range(one.start, one.end)) & set(range(other.start, other.end)))


def slowly_matched(gold: Document, predicted: Document | None) -> list[tuple[str, ...]]:
    """The rule as it is written: the best remaining pair, again and again."""
    left = {(m.spans, m.label) for m in gold.mentions if m.label != "UNCLEAR"}
    given_all = {(m.spans, m.label) for m in (predicted.mentions if predicted else ())}
    right = {key for key in given_all if key[1] != "UNCLEAR"}
    left, right = left - right, right - left
    classes: list[tuple[str, ...]] = []
    while True:
        best = None
        for one in sorted(left):
            for other in sorted(right):
                overlap = shared_code_points(Mention(*one), Mention(*other))
                rank = (-overlap, one[0], other[0], one[1] != other[1], one[1], other[1])
                if overlap and (best is None or rank < best[0]):
                    best = (rank, one, other)
        if best is None:
            break
        _, one, other = best
        left.remove(one)
        right.remove(other)
        kind = "boundary" if one[1] == other[1] else "type"
        classes.append(("boundary_and_type" if one[0] != other[0] and kind == "type" else kind,))
    return classes + [("missed",)] * len(left) + [("spurious",)] * len(right)


@settings(deadline=None, max_examples=200)
@given(corpora())
def test_classes_are_those_of_the_written_rule(
    corpus: tuple[list[Document], list[Document]],
) -> None:
    gold, predicted = corpus
    returned = {document.id: document for document in predicted}
    expected = [kind for d in gold for (kind,) in slowly_matched(d, returned.get(d.id))]
    assert sorted(error.kind.value for error in analyse(gold, predicted).errors) == sorted(expected)


@settings(deadline=None, max_examples=200)
@given(corpora(), st.sampled_from(Scorer), st.booleans())
def test_the_classes_add_up_to_the_strict_score(
    corpus: tuple[list[Document], list[Document]], scorer: Scorer, official_missing: bool
) -> None:
    analysis = analyse(*corpus, scorer, official_missing)
    strict = score(*corpus, scorer, official_missing)
    assert analysis.score == strict
    assert sum(analysis.false_negatives.values()) == strict.micro.false_negatives
    assert sum(analysis.false_positives.values()) == strict.micro.false_positives
    assert len(analysis.exact) == strict.micro.true_positives
    gold = [(e.document.id, e.gold) for e in analysis.errors if e.gold]
    predicted = [(e.document.id, e.predicted) for e in analysis.errors if e.predicted]
    assert len(set(gold)) == len(gold) == strict.micro.false_negatives
    assert len(set(predicted)) == len(predicted) == strict.micro.false_positives
    rows = confusion(analysis)
    assert sum(rows.get(NOTHING, {}).values()) == analysis.count(ErrorClass.SPURIOUS)
    assert sum(row.get(NOTHING, 0) for row in rows.values()) == analysis.count(ErrorClass.MISSED)


def repaired(error: MentionError, found: set[tuple[str, Mention]]) -> None:
    if error.predicted:
        found.remove((error.document.id, error.predicted))
    if error.gold:
        found.add((error.document.id, error.gold))


@settings(deadline=None, max_examples=150)
@given(corpora(), st.sampled_from(ErrorClass))
def test_a_repair_scores_what_the_repaired_predictions_score(
    corpus: tuple[list[Document], list[Document]], kind: ErrorClass
) -> None:
    gold, predicted = corpus
    analysis = analyse(gold, predicted)
    found = {
        (document.id, Mention(m.spans, m.label))
        for document in predicted
        for m in document.mentions
        if m.label != "UNCLEAR"
    }
    for error in analysis.errors:
        if error.kind is kind:
            repaired(error, found)
    mended = [
        Document(d.id, TEXT, tuple(m for name, m in sorted(found, key=str) if name == d.id))
        for d in gold
    ]
    assert score(gold, mended).micro == analysis.repaired(kind)


@settings(deadline=None, max_examples=100)
@given(corpora(), st.booleans())
def test_every_breakdown_but_characters_counts_each_mention_once(
    corpus: tuple[list[Document], list[Document]], with_training: bool
) -> None:
    analysis = analyse(*corpus)
    seen = surfaces(corpus[0][:1]) if with_training else None
    breakdowns = break_down(analysis, seen)
    assert ("seen" in breakdowns) is with_training
    characters = breakdowns.pop("characters")
    for tallies in breakdowns.values():
        counts = [tally.counts for tally in tallies.values()]
        assert sum(c.true_positives for c in counts) == analysis.score.micro.true_positives
        assert sum(c.false_negatives for c in counts) == analysis.score.micro.false_negatives
        assert sum(c.false_positives for c in counts) == analysis.score.micro.false_positives
    wrong = [m for e in analysis.errors for m in (e.gold, e.predicted) if m]
    texts = [TEXT[m.start : m.end] for m in [*wrong, *(m for _, m in analysis.exact)]]
    accented = sum("Ñ" in t.upper() or "Á" in t.upper() for t in texts)
    assert ("accent" in characters) is bool(accented)
    if accented:
        tally = characters["accent"]
        assert tally.errors + tally.true_positives == accented
    assert unicodedata.normalize("NFC", TEXT) == TEXT


def flagged(
    gold: tuple[Mention, ...], predicted: tuple[Mention, ...], scorer: Scorer
) -> list[bool]:
    analysis = analyse([Document("d", TEXT, gold)], [Document("d", TEXT, predicted)], scorer)
    return [error.on_unscored for error in analysis.errors]


def test_predictions_on_mentions_that_are_not_scored_are_flagged() -> None:
    unclear = Mention.at(0, 3, "UNCLEAR")
    touching, apart = Mention.at(2, 6, "PROTEINAS"), Mention.at(3, 6, "PROTEINAS")
    assert flagged((unclear,), (touching,), Scorer.CODALAB) == [True]
    assert flagged((unclear,), (apart,), Scorer.CODALAB) == [False]
    assert flagged((unclear,), (touching,), Scorer.PUBLIC) == [False]


def test_a_discontinuous_mention_overlaps_only_where_it_has_text() -> None:
    split = Mention((Span(0, 2), Span(5, 7)), "PROTEINAS")
    between, across = Mention.at(2, 5, "PROTEINAS"), Mention.at(1, 6, "PROTEINAS")
    classes = [
        [
            e.kind
            for e in analyse([Document("d", TEXT, (split,))], [Document("d", TEXT, (m,))]).errors
        ]
        for m in (between, across)
    ]
    assert classes == [[ErrorClass.MISSED, ErrorClass.SPURIOUS], [ErrorClass.BOUNDARY]]


@needs_shared
@pytest.mark.parametrize("scorer", list(Scorer))
@pytest.mark.parametrize("system", sorted(p.name for p in SYSTEMS.glob("*")))
def test_the_shared_systems_add_up(system: str, scorer: Scorer) -> None:
    gold = read_folder(GOLD).documents
    predicted = read_annotations_over(SYSTEMS / system, gold).documents
    analysis: ErrorAnalysis = analyse(gold, predicted, scorer)
    sums = [sum(a.values()) for a in (analysis.false_negatives, analysis.false_positives)]
    assert sums == [
        analysis.score.micro.false_negatives,
        analysis.score.micro.false_positives,
    ]
    if (system, scorer) == ("noisy", Scorer.CODALAB):
        assert sums == [535, 596]
