import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora.brat import parse_document
from pharmaner.corpora.offsets import offset_convention
from pharmaner.document import Document, Mention, Span

Count = Callable[[str, int], int]
WORDS = ["litio", "sodio", "zinc", "hierro", "cobre"]


def counted_document(text: str, count: Count) -> Document:
    lines = []
    for number, word in enumerate(WORDS):
        start = text.index(word)
        offsets = f"{count(text, start)} {count(text, start + len(word))}"
        lines.append(f"T{number}\tDRUG {offsets}\t{word}\n")
    document, _ = parse_document("note", text, "".join(lines), "note.ann")
    return document


def convention_name(document: Document) -> str | None:
    explained = offset_convention(document)
    return explained[0].name if explained else None


def in_bytes(text: str, place: int) -> int:
    return len(text[:place].encode())


def in_utf16(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2


def in_lines_of_one_end(text: str, place: int) -> int:
    return len(text[:place].replace("\r\n", "\n"))


def without_mark(text: str, place: int) -> int:
    return len(text[:place].removeprefix("\ufeff"))


TAIL = " " + "y nada más se anotó " * 3
BYTES = "if offsets count bytes of UTF-8"
UTF16 = "if offsets count UTF-16 units"
CRLF = "if CRLF counts as one"


@pytest.mark.parametrize(
    ("joint", "count", "name"),
    [
        (" ñ ", in_bytes, BYTES),
        (" 😀 ", in_bytes, BYTES),
        (" 😀 ñ ", in_utf16, UTF16),
        ("\r\n", in_lines_of_one_end, CRLF),
        ("\r\nñ 😀\r\n", in_lines_of_one_end, CRLF),
    ],
)
def test_the_counting_that_explains_a_document_is_named(
    joint: str, count: Count, name: str
) -> None:
    document = counted_document(joint.join(WORDS) + TAIL, count)
    assert len(document.mentions) == len(WORDS)
    assert convention_name(document) == name


def test_an_uncounted_byte_order_mark_is_named() -> None:
    document = counted_document("\ufeff" + " y ".join(WORDS) + TAIL, without_mark)
    assert convention_name(document) == (
        "if offsets are shifted by +1 (a byte-order mark left uncounted)"
    )


@pytest.mark.parametrize("shift", [-10, -3, -1, 1, 2, 10])
def test_a_uniform_shift_is_named_with_its_sign(shift: int) -> None:
    document = counted_document("." * 12 + " y ".join(WORDS) + TAIL, lambda _, place: place - shift)
    assert convention_name(document) == f"if offsets are shifted by {shift:+d}"


@pytest.mark.parametrize("shift", [-11, 11])
def test_a_shift_beyond_ten_is_not_explained(shift: int) -> None:
    document = counted_document("." * 12 + " y ".join(WORDS) + TAIL, lambda _, place: place - shift)
    assert offset_convention(document) is None


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([" ", "ñ", "😀", "\r\n", "\n", "e\u0301"]), min_size=6, max_size=6),
    st.sampled_from([in_bytes, in_utf16, in_lines_of_one_end, len]),
)
def test_a_document_counted_consistently_is_always_explained(
    joints: list[str], count: Count
) -> None:
    text = "".join(part for pair in zip(joints, WORDS, strict=False) for part in pair) + TAIL
    counter = count if count is not len else (lambda _, place: place)
    document = counted_document(text, counter)
    mismatching = any(mention.quotation is not None for mention in document.mentions)
    assert len(document.mentions) == len(WORDS)
    assert (offset_convention(document) is not None) == mismatching


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_a_line_end_inside_a_mention_is_a_space_in_its_quotation(line_end: str) -> None:
    text = f"una\r\ntoma: ácido{line_end}úrico"
    start, end = (in_lines_of_one_end(text, text.index(word)) for word in ("ácido", "úrico"))
    annotations = f"T1\tX {start} {end + 5}\tácido úrico\n"
    document, problems = parse_document("note", text, annotations, "note.ann")
    assert len(problems) == 1
    assert convention_name(document) == CRLF


def test_a_single_slip_among_right_offsets_is_not_explained() -> None:
    text = "litio y sodio"
    mentions = (Mention.at(0, 5, "X"), Mention((Span(9, 13),), "X", quotation="sodi"))
    assert offset_convention(Document("note", text, mentions)) is None


def test_a_slip_in_a_discontinuous_mention_alone_is_not_explained() -> None:
    differing = Mention((Span(0, 2), Span(8, 13)), "X", quotation="to sodio")
    document = Document("note", "litio y sodio", (Mention.at(0, 5, "X"), differing))
    assert offset_convention(document) is None


def test_discontinuous_mentions_are_explained_with_the_others() -> None:
    moved = Mention((Span(3, 5), Span(11, 16)), "X", quotation="li sodio")
    assert convention_name(Document("note", "ñ litio y sodio.", (moved,))) == BYTES


def test_a_document_without_mismatches_needs_no_explanation() -> None:
    document = Document("note", "\ufeffñ\r\nlitio", (Mention.at(4, 9, "X"),))
    assert offset_convention(document) is None


def test_one_slip_in_ten_does_not_hide_the_counting() -> None:
    text = "\r\n".join(f"línea {number}: litio" for number in range(10))
    starts = [in_lines_of_one_end(text, place.start()) for place in re.finditer("litio", text)]
    mentions = [
        Mention((Span(start, start + 5),), "X", quotation="litio" if line else None)
        for line, start in enumerate(starts)
    ]
    slipped = replace(mentions[5], quotation="Litio")
    document = Document("note", text, (*mentions[:5], slipped, *mentions[6:]))
    explained = offset_convention(document)
    assert explained is not None
    convention, matching = explained
    assert (convention.name, matching) == (CRLF, 9)
    moved = [convention.moved(text, mention) for mention in document.mentions]
    assert [(m.start, m.quotation) for m in moved if m] == [
        (place.start(), "Litio" if line == 5 else None)
        for line, place in enumerate(re.finditer("litio", text))
    ]
