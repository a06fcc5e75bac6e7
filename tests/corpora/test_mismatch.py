import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pharmaner.corpora.brat import parse_document
from pharmaner.corpora.mismatch import OnMismatch, settle_mismatches
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.errors import CorpusError
from tests.conftest import SHARED, needs_shared

FINE = Document("fine", "sodio", (Mention.at(0, 5, "DRUG"),))


def claimed(start: int, end: int, quotation: str, identifier: str = "T1") -> Mention:
    return Mention((Span(start, end),), "DRUG", identifier, quotation=quotation)


TEXT = "toma litio y ácido\núrico; zinc, zinc"
MENTIONS = (
    Mention((Span(0, 4),), "VERB", "T1"),
    claimed(6, 11, "litio", "T2"),
    claimed(12, 23, "ácido úrico", "T3"),
    claimed(25, 29, "zinc", "T4"),
    claimed(3, 8, "calcio", "T5"),
    Mention((Span(5, 7), Span(13, 15)), "DRUG", "T6", quotation="litio y"),
    claimed(5, 6, "", "T7"),
)
NOTE = Document("note", TEXT, MENTIONS)


def test_keep_leaves_every_mention_at_its_offsets() -> None:
    settled, counts = settle_mismatches([FINE, NOTE], OnMismatch.KEEP)
    assert [d.mentions for d in settled] == [FINE.mentions, MENTIONS]
    assert counts == {"kept": 6}


def test_drop_leaves_the_mentions_that_match() -> None:
    settled, counts = settle_mismatches([FINE, NOTE], OnMismatch.DROP)
    assert [d.mentions for d in settled] == [FINE.mentions, MENTIONS[:1]]
    assert [(d.id, d.text) for d in settled] == [("fine", "sodio"), ("note", TEXT)]
    assert counts == {"dropped": 6}


def test_realign_moves_to_a_single_occurrence_and_drops_the_rest() -> None:
    settled, counts = settle_mismatches([FINE, NOTE], OnMismatch.REALIGN)
    assert settled[1].mentions == (
        MENTIONS[0],
        Mention((Span(5, 10),), "DRUG", "T2"),
        Mention((Span(13, 24),), "DRUG", "T3"),
    )
    assert counts == {"realigned": 2, "dropped": 4}


def test_refuse_stops_at_the_first_mismatch_in_one_line() -> None:
    with pytest.raises(CorpusError) as caught:
        settle_mismatches([FINE, Document("note", TEXT, MENTIONS[2:])], OnMismatch.REFUSE)
    message = str(caught.value)
    assert message.startswith('note: T3 covers " ácido úric", file says "ácido úrico"')
    assert "--on-mismatch" in message
    assert "\n" not in message


@pytest.mark.parametrize("policy", OnMismatch)
def test_documents_without_mismatches_pass_unchanged(policy: OnMismatch) -> None:
    assert settle_mismatches([FINE], policy) == ([FINE], {})


@pytest.mark.parametrize(
    ("distance", "outcome"),
    [(-11, "dropped"), (-10, "realigned"), (10, "realigned"), (11, "dropped")],
)
def test_a_quotation_is_sought_up_to_ten_code_points_away(distance: int, outcome: str) -> None:
    text = "." * 20 + "zinc" + "." * 20
    mention = claimed(20 - distance, 24 - distance, "zinc")
    (document,), counts = settle_mismatches([Document("n", text, (mention,))], OnMismatch.REALIGN)
    assert counts == {outcome: 1}
    assert [document.text_of(m) for m in document.mentions] == ["zinc"] * (outcome == "realigned")


@pytest.mark.parametrize(("covered", "said"), [("a\nb", "a\nb"), ("a\tb", "a b"), ("a\rb", "a b")])
def test_line_breaks_and_tabs_are_spaces_on_both_sides(covered: str, said: str) -> None:
    document = Document("n", f"xxx{covered}xxxx", (claimed(4, 7, said),))
    (settled,), counts = settle_mismatches([document], OnMismatch.REALIGN)
    assert counts == {"realigned": 1}
    assert [settled.text_of(mention) for mention in settled.mentions] == [covered]


LINES = 30


@pytest.mark.parametrize(
    ("line_end", "count"),
    [
        ("\r\n", lambda text: len(text.replace("\r\n", "\n"))),
        (" ñ ", lambda text: len(text.encode())),
        (" 😀 ", lambda text: len(text.encode("utf-16-le")) // 2),
        (" ", lambda text: len(text) + 3),
    ],
)
@pytest.mark.parametrize("slip", [False, True])
def test_offsets_counted_otherwise_are_counted_so_and_not_moved_to_a_name_nearby(
    line_end: str, count: Callable[[str], int], slip: bool
) -> None:
    text = line_end.join("toma litio" for _ in range(LINES)) + "." * 4 * LINES
    places = [found.start() for found in re.finditer("litio", text)]
    lines = [f"T{n} X {count(text[:p])} {count(text[: p + 5])} litio" for n, p in enumerate(places)]
    if slip:
        lines[20] = lines[20].replace("litio", "calcio")
    annotations = "".join("{}\t{} {} {}\t{}\n".format(*line.split()) for line in lines)
    document, _ = parse_document("n", text, annotations, "n.ann")
    assert len(document.mentions) == LINES
    (settled,), counts = settle_mismatches([document], OnMismatch.REALIGN)
    assert [(m.id, m.start) for m in settled.mentions] == [
        (f"T{n}", place) for n, place in enumerate(places) if n != 20 or not slip
    ]
    assert counts["dropped"] == slip


@pytest.mark.parametrize("is_first", [False, True])
def test_a_mention_is_not_realigned_to_where_another_is_already(is_first: bool) -> None:
    text = "..... zinc ....................."
    mentions = [Mention((Span(6, 10),), "DRUG", "T1"), claimed(8, 12, "zinc", "T2")]
    document = Document("n", text, tuple(mentions if is_first else reversed(mentions)))
    (settled,), counts = settle_mismatches([document], OnMismatch.REALIGN)
    assert settled.mentions == (mentions[0],)
    assert counts == {"dropped": 1}


@pytest.mark.parametrize(("mentions", "outcome"), [(2, "dropped"), (3, "realigned")])
def test_a_shift_counts_where_three_mentions_show_it(mentions: int, outcome: str) -> None:
    text = "litio, litio, litio, litio y sodio"
    shifted = [claimed(7 * n + 1, 7 * n + 6, "litio", f"T{n}") for n in range(mentions)]
    (settled,), counts = settle_mismatches(
        [Document("n", text, tuple(shifted))], OnMismatch.REALIGN
    )
    assert counts == {outcome: mentions}
    assert [m.start for m in settled.mentions] == [0, 7, 14][: len(settled.mentions)]


def test_two_mentions_are_not_realigned_to_one_place() -> None:
    text = "..... zinc ....................."
    mentions = (claimed(5, 9, "zinc", "T1"), claimed(8, 12, "zinc", "T2"))
    (settled,), counts = settle_mismatches([Document("n", text, mentions)], OnMismatch.REALIGN)
    assert [(m.id, m.start) for m in settled.mentions] == [("T1", 6)]
    assert counts == {"realigned": 1, "dropped": 1}


def test_the_policies_have_the_names_of_the_command_line() -> None:
    assert {policy.value for policy in OnMismatch} == {"refuse", "keep", "realign", "drop"}


def test_only_a_kept_document_keeps_its_attachments() -> None:
    notes = (Attachment("#1\tAnnotatorNotes T2\tsal", 2),)
    document = Document("note", TEXT, MENTIONS, notes)
    for policy, left in ((OnMismatch.KEEP, notes), (OnMismatch.DROP, ())):
        (settled,), _ = settle_mismatches([document], policy)
        assert settled.attachments == left


@settings(deadline=None, max_examples=200)
@given(st.text("ab\n ", max_size=40), st.text("ab ", min_size=1, max_size=3), st.data())
def test_realigning_finds_what_trying_every_place_finds(
    text: str, quotation: str, data: st.DataObject
) -> None:
    text = "." + text
    start = data.draw(st.integers(0, len(text) - 1))
    mention = claimed(start, data.draw(st.integers(start + 1, len(text))), quotation)
    assume(text[mention.start : mention.end].replace("\n", " ") != quotation)
    (document,), counts = settle_mismatches([Document("n", text, (mention,))], OnMismatch.REALIGN)
    places = [
        place
        for place in range(len(text) - len(quotation) + 1)
        if abs(place - start) <= 10
        and all(
            a == b or (a, b) == ("\n", " ") for a, b in zip(text[place:], quotation, strict=False)
        )
    ]
    if len(places) == 1:
        assert document.mentions == (
            Mention((Span(places[0], places[0] + len(quotation)),), "DRUG", "T1"),
        )
        assert counts == {"realigned": 1}
    else:
        assert document.mentions == ()
        assert counts == {"dropped": 1}


@needs_shared
def test_the_five_mismatches_of_the_official_corpus_are_realigned() -> None:
    from pharmaner.corpora.folder import read_folder

    corpus = read_folder(SHARED / "data" / "pharmaconer" / "train")
    quotations = {
        m.id: m.quotation for d in corpus.documents for m in d.mentions if m.quotation is not None
    }
    settled, counts = settle_mismatches(corpus.documents, OnMismatch.REALIGN)
    assert counts == {"realigned": 5}
    noisy = next(d for d in settled if d.id == "S0211-69952015000200015-1")
    covered = {m.id: noisy.text_of(m) for m in noisy.mentions if m.id in quotations}
    assert covered == quotations
