"""Agreement against the definition: counts of sets, the same whichever way round."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention, Span
from pharmaner.errors import CorpusError
from pharmaner.scoring.agreement import agreement
from pharmaner.scoring.strict import Scorer

TEXT = "Toma litio y sodio con ácido fólico."
edges = st.lists(st.integers(0, len(TEXT)), min_size=2, max_size=2, unique=True).map(sorted)
annotations = st.lists(st.tuples(edges, st.sampled_from(["A", "B", "UNCLEAR"])), max_size=6)
documents = st.dictionaries(st.sampled_from("123"), annotations).map(
    lambda held: [
        Document(n, TEXT, tuple(Mention.at(a, b, x) for (a, b), x in v)) for n, v in held.items()
    ]
)


@settings(deadline=None, max_examples=60)
@given(documents, documents)
def test_f1_is_that_of_the_sets_and_symmetric(ones: list[Document], others: list[Document]) -> None:
    shared = {d.id for d in ones} & {d.id for d in others}
    if not shared:
        with pytest.raises(CorpusError, match="a and b have no document in common"):
            agreement({"a": ones, "b": others})
        return
    sets = [
        {(d.id, m.label, m.start, m.end) for d in side for m in d.mentions if d.id in shared}
        for side in (ones, others)
    ]
    both = len(sets[0] & sets[1])
    total = len(sets[0]) + len(sets[1])
    for annotators, order in (({"a": ones, "b": others}, 1), ({"b": others, "a": ones}, -1)):
        (pair,) = agreement(annotators)
        found = pair.as_json()
        assert found["documents"] == len(shared)
        assert found["f1"] == pytest.approx(2 * both / total if total else 0)
        alone = [found["first_alone"], found["second_alone"]][::order]
        assert alone == [len(sets[0] - sets[1]), len(sets[1] - sets[0])]
        sides = [sum(d[side] is not None for d in found["disagreements"]) for side in SIDES]
        assert sides[::order] == alone
        for label, counts in found["by_type"].items():
            assert counts["both"] == sum(key[1] == label for key in sets[0] & sets[1])


SIDES = ("first", "second")


def test_disagreements_name_both_sides() -> None:
    one = Document("d", TEXT, (Mention.at(5, 10, "A"), Mention.at(13, 18, "A")))
    fragments = Mention((Span(0, 4), Span(11, 12)), "A")
    two = Document("d", TEXT, (Mention.at(5, 12, "A"), Mention.at(13, 18, "B"), fragments))
    (pair,) = agreement({"one": [one], "two": [two]})
    assert [(d["kind"], d["first"], d["second"]) for d in pair.as_json()["disagreements"]] == [
        ("only_second", None, {"label": "A", "spans": [[0, 4], [11, 12]], "text": "Toma y"}),
        (
            "boundary",
            {"label": "A", "spans": [[5, 10]], "text": "litio"},
            {"label": "A", "spans": [[5, 12]], "text": "litio y"},
        ),
        (
            "type",
            {"label": "A", "spans": [[13, 18]], "text": "sodio"},
            {"label": "B", "spans": [[13, 18]], "text": "sodio"},
        ),
    ]


def test_three_annotators_are_three_pairs_and_types_may_be_left_out() -> None:
    held = [Document("d", TEXT, (Mention.at(5, 10, label),)) for label in ("A", "A", "UNCLEAR")]
    annotators = {name: [document] for name, document in zip("abc", held, strict=True)}
    pairs = agreement(annotators, Scorer.CODALAB)
    found = [pair.as_json() for pair in pairs]
    assert [(p["first"], p["second"], p["both"], p["first_alone"]) for p in found] == [
        ("a", "b", 1, 0),
        ("a", "c", 0, 1),
        ("b", "c", 0, 1),
    ]


def test_different_texts_cannot_be_compared() -> None:
    with pytest.raises(CorpusError, match="d: a and b have different texts"):
        agreement({"a": [Document("d", "x")], "b": [Document("d", "y")]})
