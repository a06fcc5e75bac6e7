"""The matrix format by feature: measured by round trips, equal to the table and to the page."""

from pathlib import Path

import pytest

from pharmaner.corpora.attachments import remarks
from pharmaner.corpora.formats.losses import Feature
from pharmaner.corpora.formats.table import FORMATS, Format
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.scoring.strict import Counts, score
from pharmaner.text.alignment import AlignmentReport, align
from pharmaner.text.words import split_words
from tests.corpora.formats.test_round_trips import written_and_read

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
TEXT = "Toma  litio 5mg.\nY\tácido fólico 😀"
PLAIN = Mention((Span(6, 11),), "DRUG", "T1")

PROBES = {
    Feature.OFFSETS: Document("d", TEXT, (Mention((Span(19, 31),), "DRUG", "T1"),)),
    Feature.DOCUMENT_IDS: Document("a note", TEXT),
    Feature.TYPES: Document("d", TEXT, (PLAIN, Mention((Span(12, 13),), "DOSE-1", "T2"))),
    Feature.DISCONTINUOUS: Document("d", TEXT, (Mention((Span(6, 11), Span(19, 24)), "D", "T1"),)),
    Feature.NESTED: Document("d", TEXT, (PLAIN, Mention((Span(0, 11),), "ORDER", "T2"))),
    Feature.CODES: Document("d", TEXT, (Mention((Span(6, 11),), "D", "T1", codes=("M:1", "A:2")),)),
    Feature.NOTES: Document("d", TEXT, (PLAIN,), (Attachment("#1\tAnnotatorNotes T1\tsal", 1),)),
    Feature.METADATA: Document("d", TEXT, metadata={"age": "45"}),
    Feature.MENTION_IDS: Document("d", TEXT, (Mention((Span(6, 11),), "DRUG", "T7"),)),
    Feature.SCORES: Document("d", TEXT, (Mention((Span(6, 11),), "DRUG", "T1", 0.25),)),
    Feature.QUOTATIONS: Document("d", TEXT, (Mention((Span(6, 11),), "D", "T1", None, "Li"),)),
    Feature.OTHER_LINES: Document("d", TEXT, (PLAIN,), (Attachment("A1\tNegated T1", 1),)),
}


def content(feature: Feature, document: Document) -> object:
    """What a document holds of a feature."""
    said, others = remarks(document.attachments, document.mentions)
    return {
        Feature.OFFSETS: [document.text, [m.spans for m in document.mentions]],
        Feature.DOCUMENT_IDS: document.id,
        Feature.TYPES: [m.label for m in document.mentions],
        Feature.DISCONTINUOUS: [len(m.spans) for m in document.mentions],
        Feature.NESTED: sorted(m.label for m in document.mentions),
        Feature.CODES: [m.codes for m in document.mentions],
        Feature.NOTES: [held.notes for held in said.values()],
        Feature.METADATA: dict(document.metadata),
        Feature.MENTION_IDS: [m.id for m in document.mentions],
        Feature.SCORES: [m.score for m in document.mentions],
        Feature.QUOTATIONS: [m.quotation for m in document.mentions],
        Feature.OTHER_LINES: [a.line for a in others],
    }[feature]


def measured(form: Format) -> list[Feature]:
    """The features that come back from a round trip."""
    survived = []
    for feature, document in PROBES.items():
        fitted, _ = form.fit(document)
        ((back, _),) = written_and_read(form, [fitted])
        if back is not None and content(feature, back) == content(feature, document):
            survived.append(feature)
    return survived


def row(name: str, survived: list[Feature]) -> str:
    cells = ["yes" if feature in survived else "no" for feature in PROBES]
    return f"| {' | '.join([name, *cells])} |"


@pytest.mark.parametrize("name", FORMATS)
def test_the_matrix_is_what_round_trips_show(name: str) -> None:
    survived = measured(FORMATS[name])
    assert set(survived) == set(FORMATS[name].holds)
    assert row(name, survived) in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_names_the_features_in_this_order() -> None:
    head = f"| {' | '.join(['format', *(feature.value for feature in PROBES)])} |"
    assert head in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", [n for n, form in FORMATS.items() if Feature.NESTED in form.holds])
def test_mentions_that_tags_cannot_write_are_scored_whole_and_flattened_by_training(
    name: str,
) -> None:
    mentions = (
        Mention((Span(0, 4), Span(6, 11)), "ORDER", "T1"),
        Mention((Span(19, 31),), "DRUG", "T2"),
        Mention((Span(19, 24),), "PART", "T3"),
    )
    document = Document("d", TEXT, mentions)
    ((back, _),) = written_and_read(FORMATS[name], [FORMATS[name].fit(document)[0]])
    assert back is not None
    whole = Feature.DISCONTINUOUS in FORMATS[name].holds
    assert score([document], [back]).micro == Counts(2 + whole, 1 - whole, 1 - whole)
    report = AlignmentReport()
    ranges = align(back, split_words(back.text), ["ORDER", "DRUG", "PART"], report)
    assert [(ranged.label, ranged.first, ranged.stop) for ranged in ranges] == [
        ("ORDER", 1, 2),
        ("DRUG", 6, 8),
    ]
    assert report.by_reason == ({"overlap": 1, "discontinuous": 1} if whole else {"overlap": 1})
