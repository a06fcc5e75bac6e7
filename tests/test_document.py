import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Attachment, Document, Mention, Span, covered_text

TEXT = "El ácido\r\nacetil\u00adsalicílico 😀 (α-1)"


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3), (-1, 2), (-2, -1)])
def test_a_span_is_never_empty_nor_negative(start: int, end: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^a span needs 0 <= start < end, found {start} and {end}$"
    ):
        Span(start, end)


def test_spans_are_ordered_by_start_then_end() -> None:
    spans = [Span(2, 3), Span(0, 9), Span(0, 1)]
    assert sorted(spans) == [Span(0, 1), Span(0, 9), Span(2, 3)]


def test_a_mention_needs_spans_in_order_that_do_not_overlap() -> None:
    with pytest.raises(ValueError, match=r"^a mention needs at least one span$"):
        Mention((), "A")
    for spans in ((Span(4, 6), Span(0, 2)), (Span(0, 3), Span(2, 5)), (Span(0, 3), Span(0, 3))):
        with pytest.raises(ValueError, match=r"are out of order or overlap$"):
            Mention(spans, "A")
    assert Mention((Span(0, 3), Span(3, 5)), "A").end == 5


def test_a_mention_starts_with_its_first_span_and_ends_with_its_last() -> None:
    mention = Mention((Span(3, 5), Span(8, 9), Span(12, 20)), "A")
    assert (mention.start, mention.end) == (3, 20)
    assert Mention.at(3, 5, "A", score=0.5) == Mention((Span(3, 5),), "A", None, 0.5, None)


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    edges = sorted(draw(st.sets(st.integers(0, 12), min_size=2, max_size=6)))
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    return Mention(spans, "A")


def places(mention: Mention) -> set[int]:
    return {place for span in mention.spans for place in range(span.start, span.end)}


@settings(deadline=None, max_examples=200)
@given(mentions(), mentions())
def test_mentions_overlap_exactly_if_they_share_a_code_point(one: Mention, other: Mention) -> None:
    assert one.overlaps(other) is bool(places(one) & places(other))
    assert other.overlaps(one) is one.overlaps(other)


def test_a_mention_in_the_gap_of_another_does_not_overlap_it() -> None:
    assert not Mention((Span(0, 2), Span(6, 8)), "A").overlaps(Mention.at(2, 6, "B"))


def test_offsets_count_code_points_and_translate_nothing() -> None:
    document = Document("d", TEXT)
    assert document.text_of(Mention.at(3, 8, "A")) == "ácido"
    assert document.text_of(Mention.at(3, 16, "A")) == "ácido\r\nacetil"
    assert document.text_of(Mention.at(28, 29, "A")) == "😀"
    assert Document("d", "\ufeffsodio").text_of(Mention.at(1, 6, "A")) == "sodio"


def test_the_text_of_a_discontinuous_mention_is_joined_by_spaces() -> None:
    mention = Mention((Span(0, 5), Span(8, 10), Span(10, 12)), "A")
    text = "ácido y úrico"
    assert covered_text(text, mention) == Document("d", text).text_of(mention) == "ácido úr ic"


def test_a_mention_may_end_where_the_text_does_and_not_after() -> None:
    assert Document("d", "litio", (Mention.at(0, 5, "A"),)).mentions[0].end == 5
    message = "^d: DRUG 0 6 ends past the text of 5 code points$"
    with pytest.raises(ValueError, match=message):
        Document("d", "litio", (Mention.at(0, 6, "DRUG"),))
    with pytest.raises(ValueError, match=message):
        Document("d", "litio", (Mention((Span(0, 2), Span(4, 6)), "DRUG"),))


def test_a_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^d: lone surrogate at code point 2$"):
        Document("d", "ab\ud800c")


def test_other_mentions_take_the_place_of_the_old_ones_and_their_attachments() -> None:
    attachments = (Attachment("#1\tAnnotatorNotes T1\tx", 1),)
    document = Document("d", "litio", (Mention.at(0, 2, "A"),), attachments)
    others = [Mention.at(0, 5, "B")]
    assert document.with_mentions(iter(others)) == Document("d", "litio", tuple(others))
    assert document.attachments == attachments
