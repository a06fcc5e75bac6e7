import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pharmaner
from pharmaner.corpora.folder import read_annotations_over, read_folder
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.scoring.strict import Counts, Scorer, corpus_hash, score
from tests.conftest import SHARED, needs_shared

GOLD = SHARED / "data" / "pharmaconer" / "dev"
SYSTEMS = SHARED / "oracle" / "systems"
ORACLE = SHARED / "oracle" / "ner_scores.json"
NAMES = [
    "duplicated_lines",
    "half_the_documents",
    "noisy",
    "perfect",
    "silent",
    "without_unclear",
]
TEXT = "ácido úrico"


@pytest.fixture(scope="module")
def gold() -> tuple[Document, ...]:
    return read_folder(GOLD).documents


def mention_lines(file: Path) -> set[tuple[str, ...]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    heads = (line.split("\t")[1] for line in lines if line.startswith("T"))
    return {tuple(head.split()) for head in heads}


@needs_shared
@pytest.mark.parametrize("scorer", list(Scorer))
@pytest.mark.parametrize("system", NAMES)
def test_scores_equal_the_official_ones(
    gold: tuple[Document, ...], system: str, scorer: Scorer
) -> None:
    official = json.loads(ORACLE.read_text())
    assert sorted(official) == NAMES
    predicted = read_annotations_over(SYSTEMS / system, gold).documents
    ours = score(gold, predicted, scorer, official_missing=True).as_json()
    expected = official[system][scorer.value]
    ratios = {"precision", "recall", "f1"}
    for name, value in expected.items():
        # The official F1 is rounded on its way through P and R: its last bit may differ.
        assert ours[name] == (pytest.approx(value, rel=1e-12) if name in ratios else value)


@needs_shared
@pytest.mark.parametrize("scorer", list(Scorer))
def test_every_mention_of_a_missing_document_is_missed(
    gold: tuple[Document, ...], scorer: Scorer
) -> None:
    folder = SYSTEMS / "half_the_documents"
    absent = {f.stem for f in GOLD.glob("*.ann")} - {f.stem for f in folder.glob("*.ann")}
    missed = [line for name in absent for line in mention_lines(GOLD / f"{name}.ann")]
    if scorer is Scorer.CODALAB:
        missed = [line for line in missed if line[0] != "UNCLEAR"]
    official = json.loads(ORACLE.read_text())["half_the_documents"][scorer.value]
    ours = score(gold, read_annotations_over(folder, gold).documents, scorer)
    assert ours.documents == 250
    assert set(ours.missing) == absent
    assert len(absent) == 125
    assert ours.micro == Counts(
        official["true_positives"],
        official["false_positives"],
        official["false_negatives"] + len(missed),
    )


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    edges = sorted(draw(st.sets(st.integers(0, 4), min_size=2, max_size=4)))
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    return Mention(spans, draw(st.sampled_from(["A", "B", "UNCLEAR"])))


corpora = st.lists(
    st.builds(
        Document,
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from([TEXT, "otro texto"]),
        st.lists(mentions(), max_size=4).map(tuple),
    ),
    max_size=3,
    unique_by=lambda document: document.id,
)


def count_by_hand(
    gold: list[Document], predicted: list[Document], labels: set[str], skip_missing: bool
) -> Counts:
    right = wrong = missed = 0
    for document in gold:
        answers = [other for other in predicted if other.id == document.id]
        if skip_missing and not answers:
            continue
        wanted: list[Mention] = []
        for mention in document.mentions:
            if mention.label in labels and mention not in wanted:
                wanted.append(mention)
        given_: list[Mention] = []
        for mention in answers[0].mentions if answers else ():
            if mention.label in labels and mention not in given_:
                given_.append(mention)
        for mention in given_:
            right += mention in wanted
            wrong += mention not in wanted
        missed += sum(mention not in given_ for mention in wanted)
    return Counts(right, wrong, missed)


@settings(deadline=None, max_examples=200)
@given(corpora, corpora, st.sampled_from(Scorer), st.booleans())
def test_counts_equal_a_mention_by_mention_comparison(
    gold: list[Document], predicted: list[Document], scorer: Scorer, official_missing: bool
) -> None:
    scored = ["A", "B"] if scorer is Scorer.CODALAB else ["A", "B", "UNCLEAR"]
    result = score(gold, predicted, scorer, official_missing)
    assert result.micro == count_by_hand(gold, predicted, set(scored), official_missing)
    for label in scored:
        expected = count_by_hand(gold, predicted, {label}, official_missing)
        assert result.by_type.get(label, Counts()) == expected
    assert set(result.by_type) <= set(scored)


def test_a_mention_is_right_only_with_its_exact_type_and_spans() -> None:
    def predicting(*found: Mention) -> Counts:
        return score([gold], [gold.with_mentions(found)], Scorer.PUBLIC).micro

    gold = Document("d", TEXT, (Mention.at(0, 5, "A"),))
    assert predicting(Mention.at(0, 5, "A", score=0.5)) == Counts(1, 0, 0)
    for near in (
        Mention.at(0, 5, "B"),
        Mention.at(0, 4, "A"),
        Mention.at(1, 5, "A"),
        Mention((Span(0, 2), Span(2, 5)), "A"),
    ):
        assert predicting(near) == Counts(0, 1, 1)
    assert predicting(Mention.at(0, 5, "A"), Mention.at(0, 5, "A")) == Counts(1, 0, 0)


def test_documents_that_only_one_side_has_are_named() -> None:
    gold = [Document(name, TEXT, (Mention.at(0, 5, "A"),)) for name in ("b", "a", "c")]
    predicted = [gold[0], Document("x", TEXT, (Mention.at(0, 5, "A"),))]
    lenient = score(gold, predicted, official_missing=True)
    strict = score(gold, predicted)
    assert lenient.missing == strict.missing == ("a", "c")
    assert lenient.unexpected == strict.unexpected == ("x",)
    assert (lenient.documents, lenient.micro) == (1, Counts(1, 0, 0))
    assert (strict.documents, strict.micro) == (3, Counts(1, 0, 2))


triples = st.builds(Counts, *[st.integers(0, 1000)] * 3)


@settings(deadline=None, max_examples=100)
@given(corpora, corpora)
def test_counts_of_documents_add_up_to_those_of_the_corpus(
    gold: list[Document], predicted: list[Document]
) -> None:
    parts = [score([d], [p for p in predicted if p.id == d.id]).micro for d in gold]
    total = score(gold, predicted).micro
    assert total.true_positives == sum(part.true_positives for part in parts)
    assert total.false_positives == sum(part.false_positives for part in parts)
    assert total.false_negatives == sum(part.false_negatives for part in parts)
    assert sum(parts, Counts()) == total


def test_counts_add_place_by_place() -> None:
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)


@settings(deadline=None, max_examples=200)
@given(triples)
def test_f1_is_the_harmonic_mean(counts: Counts) -> None:
    precision, recall = counts.precision, counts.recall
    if precision and recall:
        assert counts.f1 == pytest.approx(2 / (1 / precision + 1 / recall), rel=1e-12)
    else:
        assert counts.f1 == 0.0


@pytest.mark.parametrize(
    ("counts", "ratios"),
    [
        (Counts(), (0.0, 0.0, 0.0)),
        (Counts(0, 3, 0), (0.0, 0.0, 0.0)),
        (Counts(0, 0, 3), (0.0, 0.0, 0.0)),
        (Counts(3, 0, 0), (1.0, 1.0, 1.0)),
        (Counts(3, 1, 0), (0.75, 1.0, 6 / 7)),
        (Counts(1, 3, 1), (0.25, 0.5, 1 / 3)),
    ],
)
def test_ratios_by_hand_and_nothing_over_nothing_is_0(
    counts: Counts, ratios: tuple[float, float, float]
) -> None:
    assert (counts.precision, counts.recall, counts.f1) == ratios


def test_an_empty_corpus_scores_0() -> None:
    result = score([], [])
    assert (result.documents, result.micro, result.by_type) == (0, Counts(), {})
    assert result.as_json()["f1"] == 0.0


def test_a_score_as_json_holds_every_number_and_the_signature() -> None:
    gold = [Document("d", TEXT, (Mention.at(0, 5, "B"), Mention.at(6, 11, "A")))]
    result = score(gold, [gold[0].with_mentions([Mention.at(6, 11, "A")])], Scorer.PUBLIC)
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    all_right = {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert json.loads(json.dumps(result.as_json())) == {
        "documents": 1,
        "true_positives": 1,
        "false_positives": 0,
        "false_negatives": 1,
        "precision": 1.0,
        "recall": 0.5,
        "f1": 2 / 3,
        "by_type": {
            "A": {"true_positives": 1, "false_positives": 0, "false_negatives": 0, **all_right},
            "B": {"true_positives": 0, "false_positives": 0, "false_negatives": 1, **nothing},
        },
        "missing": [],
        "unexpected": [],
        "signature": result.signature,
    }
    assert list(result.by_type) == ["A", "B"]


def test_the_signature_says_scorer_missing_gold_and_version() -> None:
    gold = [Document("d", TEXT, (Mention.at(0, 5, "A"),))]
    start = corpus_hash(gold)[:12]
    version = pharmaner.__version__
    assert score(gold, gold).signature == (
        f"strict|scorer:codalab|missing:missed|gold:{start}|pharmaner:{version}"
    )
    assert score(gold, [], Scorer.PUBLIC, official_missing=True).signature == (
        f"strict|scorer:public|missing:skipped|gold:{start}|pharmaner:{version}"
    )


def contents(corpus: list[Document]) -> object:
    return sorted((d.id, d.text, sorted((m.spans, m.label) for m in d.mentions)) for d in corpus)


@settings(deadline=None, max_examples=200)
@given(corpora, corpora)
def test_the_corpus_hash_is_equal_exactly_for_equal_contents(
    one: list[Document], other: list[Document]
) -> None:
    assert (corpus_hash(one) == corpus_hash(other)) is (contents(one) == contents(other))
    shuffled = [replace(d, mentions=tuple(reversed(d.mentions))) for d in reversed(one)]
    assert corpus_hash(shuffled) == corpus_hash(one)


BASE = Document("a", TEXT, (Mention.at(0, 5, "A"), Mention((Span(0, 2), Span(6, 8)), "B")))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: replace(d, id="b"),
        lambda d: replace(d, text=TEXT + "."),
        lambda d: replace(d, text=TEXT.replace(" ", "\n")),
        lambda d: d.with_mentions(d.mentions[:1]),
        lambda d: d.with_mentions([*d.mentions, Mention.at(0, 1, "A")]),
        lambda d: d.with_mentions([Mention.at(0, 5, "AA"), d.mentions[1]]),
        lambda d: d.with_mentions([Mention.at(0, 4, "A"), d.mentions[1]]),
        lambda d: d.with_mentions([Mention.at(1, 5, "A"), d.mentions[1]]),
        lambda d: d.with_mentions([Mention((Span(0, 2), Span(2, 5)), "A"), d.mentions[1]]),
        lambda d: d.with_mentions([d.mentions[0], Mention.at(0, 8, "B")]),
    ],
)
def test_the_corpus_hash_changes_with_what_is_annotated(
    change: Callable[[Document], Document],
) -> None:
    assert corpus_hash([change(BASE)]) != corpus_hash([BASE])


def test_the_corpus_hash_disregards_ids_scores_quotations_and_attachments() -> None:
    dressed = replace(
        BASE,
        mentions=tuple(replace(m, id="T9", score=0.3, quotation="?") for m in BASE.mentions),
        attachments=(Attachment("#1\tAnnotatorNotes T9\t<null>", 1),),
    )
    assert corpus_hash([dressed]) == corpus_hash([BASE])


def test_the_corpus_hash_knows_where_a_document_ends() -> None:
    assert corpus_hash([Document("ab", "c")]) != corpus_hash([Document("a", "bc")])
    assert corpus_hash([Document("a", "b"), Document("c", "d")]) != corpus_hash(
        [Document("a", "bc"), Document("d", "")]
    )
    assert corpus_hash([]) != corpus_hash([Document("", "")])
