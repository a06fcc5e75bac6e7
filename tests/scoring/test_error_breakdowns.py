import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention
from pharmaner.scoring.error_analysis import ErrorClass, analyse
from pharmaner.scoring.error_breakdowns import (
    NOTHING,
    break_down,
    confusion,
    surface,
    surfaces,
    wrong_types,
)
from pharmaner.scoring.strict import Counts, Scorer, score
from tests.scoring.test_error_matching import at, corpora

KINDS = st.sampled_from(Scorer)


@settings(deadline=None, max_examples=200)
@given(corpora, corpora, KINDS)
def test_the_buckets_of_a_partition_add_up_to_the_score(
    gold: list[Document], predicted: list[Document], scorer: Scorer
) -> None:
    analysis = analyse(gold, predicted, scorer)
    breakdowns = break_down(analysis, surfaces(gold[:1]))
    assert set(breakdowns) == {"type", "length", "characters", "document", "seen"}
    for name in ("type", "length", "document", "seen"):
        tallies = breakdowns[name].values()
        assert sum((t.counts for t in tallies), Counts()) == analysis.score.micro
        for kind, count in analysis.false_negatives.items():
            assert sum(tally.false_negatives[kind] for tally in tallies) == count
        for kind, count in analysis.false_positives.items():
            assert sum(tally.false_positives[kind] for tally in tallies) == count


@settings(deadline=None, max_examples=200)
@given(corpora, corpora, KINDS)
def test_types_and_documents_have_their_own_scores(
    gold: list[Document], predicted: list[Document], scorer: Scorer
) -> None:
    breakdowns = break_down(analyse(gold, predicted, scorer))
    by_type = {label: tally.counts for label, tally in breakdowns["type"].items()}
    assert by_type == score(gold, predicted, scorer).by_type
    for document in gold:
        alone = score([document], [d for d in predicted if d.id == document.id], scorer).micro
        tally = breakdowns["document"].get(document.id)
        assert (tally.counts if tally else Counts()) == alone


@settings(deadline=None, max_examples=200)
@given(corpora, corpora, KINDS)
def test_the_confusion_matrix_holds_every_mention_once(
    gold: list[Document], predicted: list[Document], scorer: Scorer
) -> None:
    analysis = analyse(gold, predicted, scorer)
    matrix = confusion(analysis)
    by_type = analysis.score.by_type
    columns = {column for row in matrix.values() for column in row}
    for label in set(matrix) - {NOTHING}:
        counts = by_type[label]
        assert sum(matrix[label].values()) == counts.true_positives + counts.false_negatives
    for label in columns - {NOTHING}:
        counts = by_type[label]
        in_column = sum(row.get(label, 0) for row in matrix.values())
        assert in_column == counts.true_positives + counts.false_positives
    assert NOTHING not in matrix.get(NOTHING, {})


def buckets_of(text: str, dimension: str) -> set[str]:
    document = Document("d", text, (Mention.at(0, len(text), "A"),))
    return set(break_down(analyse([document], []))[dimension])


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("litio", "1"),
        ("anti-CD20", "1"),
        (" ", "1"),
        ("ácido  fólico", "2"),
        ("a b\nc", "3"),
        ("a b c d", "4+"),
        ("a b c d e f", "4+"),
    ],
)
def test_lengths_are_words_between_white_space(text: str, length: str) -> None:
    assert buckets_of(text, "length") == {length}


@pytest.mark.parametrize(
    ("text", "buckets"),
    [
        ("litio", {"none of these"}),
        ("anti-CD20", {"hyphen", "digit"}),
        ("β–globulina", {"hyphen"}),
        ("α−tocoferol", {"hyphen"}),
        ("albúmina", {"accent"}),
        (unicodedata.normalize("NFD", "albúmina"), {"accent"}),
        ("vitamina B₁₂", {"digit"}),
        ("ácido-2", {"hyphen", "digit", "accent"}),
    ],
)
def test_characters_that_make_names_hard(text: str, buckets: set[str]) -> None:
    assert buckets_of(text, "characters") == buckets


def test_a_mention_is_seen_if_its_folded_surface_was_annotated() -> None:
    training = Document("t", "ÁCIDO\nfólico y litio", tuple(at((0, 12, "UNCLEAR"))))
    gold = Document("d", "Ácido fólico, litio", tuple(at((0, 12, "A"), (14, 19, "A"))))
    tallies = break_down(analyse([gold], []), surfaces([training]))["seen"]
    assert {name: tally.counts for name, tally in tallies.items()} == {
        "seen": Counts(0, 0, 1),
        "unseen": Counts(0, 0, 1),
    }
    assert surface(training, training.mentions[0]) == "ácido fólico"
    assert "seen" not in break_down(analyse([gold], []))


def test_wrong_types_of_pharmaconer_are_shown_apart() -> None:
    names = ("NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "OTHER")
    normal, other_chemical, protein, unknown = names
    gold = at((0, 1, normal), (1, 2, other_chemical), (2, 3, protein), (3, 6, normal))
    gold += at((6, 7, unknown))
    found = at((0, 1, other_chemical), (1, 2, normal), (2, 3, normal), (3, 5, protein))
    found += at((6, 7, protein))
    document = Document("d", "x" * 9, tuple(gold))
    analysis = analyse([document], [document.with_mentions(found)])
    kinds = (ErrorClass.TYPE, ErrorClass.BOUNDARY_AND_TYPE)
    assert {
        name: tuple(counts[k] for k in kinds) for name, counts in wrong_types(analysis).items()
    } == {
        "NORMALIZABLES against NO_NORMALIZABLES": (2, 0),
        "chemical against protein": (1, 1),
        "OTHER against protein": (1, 0),
    }
