from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.mismatch import OnMismatch, settle_mismatches
from pharmaner.document import Document, Mention, Span
from pharmaner.labels import LabelScheme, Tagging, WordMention
from pharmaner.text.alignment import AlignmentReport, align, to_span
from pharmaner.text.words import split_words
from tests.conftest import SHARED, needs_shared

#       0    5      12 14 16    22
TEXT = "Toma sulfato de 5mg zinc."
WORDS = [(0, 4), (5, 12), (13, 15), (16, 17), (17, 19), (20, 24), (24, 25)]
SPANS = [Span(*word) for word in WORDS]


def aligned(*mentions: Mention) -> tuple[list[tuple[int, int, str]], list[tuple[Mention, str]]]:
    report = AlignmentReport()
    found = align(Document("d", TEXT, mentions), SPANS, ["A", "B"], report)
    assert {loss.document_id for loss in report.losses} <= {"d"}
    losses = [(loss.mention, loss.reason) for loss in report.losses]
    return [(m.first, m.stop, m.label) for m in found], losses


def at(*offsets: int, label: str = "A") -> Mention:
    pairs = zip(offsets[::2], offsets[1::2], strict=True)
    return Mention(tuple(Span(*pair) for pair in pairs), label)


@st.composite
def mentions_on_words(draw: st.DrawFn) -> Document:
    """Disjoint mentions that begin and end where words do."""
    text = draw(st.text(st.sampled_from("abÑ1 5.-(\n\xa0\u0301\u200b😀½"), max_size=60))
    words = split_words(text)
    cuts = sorted(draw(st.sets(st.integers(0, len(words)))))
    mentions = [
        Mention.at(words[first].start, words[stop - 1].end, draw(st.sampled_from("ABC")))
        for first, stop in pairwise(cuts)
        if draw(st.booleans())
    ]
    return Document("d", text, tuple(draw(st.permutations(mentions))))


@given(mentions_on_words())
@settings(deadline=None, max_examples=200)
def test_mentions_on_words_come_back_exactly(document: Document) -> None:
    words, report = split_words(document.text), AlignmentReport()
    found = align(document, words, "ABC", report)
    spans = [(to_span(ranged, words), ranged.label) for ranged in found]
    gold = sorted((mention.spans[0], mention.label) for mention in document.mentions)
    assert spans == gold
    assert report.losses == []
    assert report.mentions == len(gold)


@st.composite
def any_mentions(draw: st.DrawFn) -> Document:
    text = draw(st.text(st.sampled_from("abc1 .\n"), min_size=1, max_size=30))
    mentions = []
    for _ in range(draw(st.integers(0, 6))):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=4)))
        cuts = cuts[: len(cuts) // 2 * 2]
        mentions.append(at(*cuts, label=draw(st.sampled_from("AB"))))
    return Document("d", text, tuple(mentions))


@given(any_mentions())
@settings(deadline=None, max_examples=200)
def test_any_mentions_become_disjoint_ranges_and_every_change_is_reported(
    document: Document,
) -> None:
    words, report = split_words(document.text), AlignmentReport()
    found = align(document, words, "AB", report)
    covered = [place for ranged in found for place in range(ranged.first, ranged.stop)]
    assert covered == sorted(set(covered))
    gone = [loss for loss in report.losses if loss.reason in {"overlap", "no_words"}]
    assert len(found) + len(gone) == report.mentions == len(document.mentions)
    spans = Counter((ranged.label, to_span(ranged, words)) for ranged in found)
    lost = Counter((loss.mention.label, loss.mention.spans) for loss in report.losses)
    unreported = Counter((m.label, m.spans) for m in document.mentions) - lost
    assert all(len(pieces) == 1 for _, pieces in unreported)
    exact = Counter({(label, span[0]): n for (label, span), n in unreported.items()})
    changed = [loss for loss in report.losses if loss not in gone]
    assert exact <= spans
    assert (spans - exact).total() == len(changed)
    assert {loss.reason for loss in changed} <= {"boundary", "discontinuous"}


@pytest.mark.parametrize(
    ("mentions", "ranges", "losses"),
    [
        ([], [], []),
        ([at(5, 12), at(20, 24, label="B")], [(1, 2, "A"), (5, 6, "B")], []),
        ([at(20, 24, label="B"), at(5, 12)], [(1, 2, "A"), (5, 6, "B")], []),
        ([at(16, 17), at(17, 19)], [(3, 4, "A"), (4, 5, "A")], []),
        ([at(5, 24)], [(1, 6, "A")], []),
        ([at(6, 12)], [(1, 2, "A")], [(at(6, 12), "boundary")]),
        ([at(5, 11)], [(1, 2, "A")], [(at(5, 11), "boundary")]),
        ([at(7, 9)], [(1, 2, "A")], [(at(7, 9), "boundary")]),
        ([at(4, 12)], [(1, 2, "A")], [(at(4, 12), "boundary")]),
        ([at(5, 13)], [(1, 2, "A")], [(at(5, 13), "boundary")]),
        ([at(3, 6)], [(0, 2, "A")], [(at(3, 6), "boundary")]),
        ([at(4, 5)], [], [(at(4, 5), "no_words")]),
        ([at(5, 12, 20, 24)], [(1, 2, "A")], [(at(5, 12, 20, 24), "discontinuous")]),
        ([at(0, 4, 20, 24)], [(5, 6, "A")], [(at(0, 4, 20, 24), "discontinuous")]),
        ([at(13, 15, 20, 23)], [(5, 6, "A")], [(at(13, 15, 20, 23), "discontinuous")]),
        ([at(5, 12), at(5, 24, label="B")], [(1, 6, "B")], [(at(5, 12), "overlap")]),
        ([at(5, 15), at(13, 19, label="B")], [(2, 5, "B")], [(at(5, 15), "overlap")]),
        (
            [at(13, 17, label="B"), at(5, 15)],
            [(1, 3, "A")],
            [(at(13, 17, label="B"), "overlap")],
        ),
        ([at(5, 12), at(5, 12, label="B")], [(1, 2, "A")], [(at(5, 12, label="B"), "overlap")]),
        (
            [at(5, 8), at(9, 12, label="B")],
            [(1, 2, "A")],
            [(at(5, 8), "boundary"), (at(9, 12, label="B"), "overlap")],
        ),
        (
            [at(5, 12, 20, 24), at(0, 12, label="B")],
            [(0, 2, "B")],
            [(at(5, 12, 20, 24), "overlap")],
        ),
    ],
)
def test_what_words_cannot_represent_is_flattened_and_listed(
    mentions: list[Mention],
    ranges: list[tuple[int, int, str]],
    losses: list[tuple[Mention, str]],
) -> None:
    assert aligned(*mentions) == (ranges, losses)


def test_other_labels_are_passed_over_and_not_counted() -> None:
    document = Document("d", TEXT, (at(5, 12), at(5, 24, label="OTHER"), at(4, 5, label="OTHER")))
    report = AlignmentReport()
    assert align(document, SPANS, ["A"], report) == [WordMention(1, 2, "A")]
    assert (report.mentions, report.losses) == (1, [])


def test_a_report_gathers_documents_and_says_how_many_by_reason() -> None:
    report = AlignmentReport()
    align(Document("one", TEXT, (at(5, 12), at(6, 12))), SPANS, "A", report)
    assert str(report) == "2 mentions aligned with words, 1 not exactly: 1 overlap"
    align(Document("two", TEXT, (at(6, 12), at(4, 5), at(13, 14))), SPANS, "A", report)
    assert report.by_reason == {"overlap": 1, "boundary": 2, "no_words": 1}
    assert [loss.document_id for loss in report.losses].count("two") == 3
    assert str(report).startswith("5 mentions aligned with words, 4 not exactly: ")
    assert str(AlignmentReport()) == "0 mentions aligned with words, none lost"


def test_a_text_without_words_loses_every_mention() -> None:
    report = AlignmentReport()
    assert align(Document("d", " \n", (Mention.at(0, 2, "A"),)), [], "A", report) == []
    assert report.by_reason == {"no_words": 1}


@needs_shared
@pytest.mark.parametrize("tagging", list(Tagging))
@pytest.mark.parametrize(
    ("part", "mentions", "lost"),
    [("dev", 1926, {}), ("train", 3822, {"boundary": 4, "overlap": 1})],
)
def test_gold_mentions_survive_tags_but_for_what_the_report_lists(
    part: str, mentions: int, lost: dict[str, int], tagging: Tagging
) -> None:
    documents = read_folder(SHARED / "data" / "pharmaconer" / part).documents
    settled, _ = settle_mismatches(documents, OnMismatch.REALIGN)
    types = ("NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR")
    scheme = LabelScheme(types, tagging)
    report = AlignmentReport()
    missing, reported = set(), set()
    for document in settled:
        words = split_words(document.text)
        before = len(report.losses)
        tags = scheme.encode(align(document, words, types, report), len(words))
        back = {(to_span(ranged, words), ranged.label) for ranged in scheme.decode(tags)}
        gold = {(mention.spans[0], mention.label) for mention in document.mentions}
        losses = report.losses[before:]
        assert len(back - gold) == [loss.reason for loss in losses].count("boundary")
        missing |= {(document.id, *mention) for mention in gold - back}
        reported |= {
            (loss.document_id, loss.mention.spans[0], loss.mention.label) for loss in losses
        }
    assert report.mentions == mentions
    assert missing == reported
    assert report.by_reason == lost
