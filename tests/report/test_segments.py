from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention, Span
from pharmaner.report.segments import label_order, segments


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Texts with mentions that overlap, repeat, nest and have gaps."""
    text = draw(st.text(st.sampled_from("aé😀<&\n \r"), max_size=30))
    mentions = []
    for _ in range(draw(st.integers(0, 5)) if text else 0):
        edges = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True))
        edges = sorted(edges)[: len(edges) // 2 * 2]
        spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
        mentions.append(Mention(spans, draw(st.sampled_from(["A", "B"]))))
    return Document("d", text, tuple(mentions))


def covering(document: Document, place: int) -> list[Mention]:
    return [m for m in document.mentions if any(s.start <= place < s.end for s in m.spans)]


@settings(deadline=None, max_examples=200)
@given(documents())
def test_slices_join_to_the_text_and_carry_what_covers_each_code_point(document: Document) -> None:
    cut = list(segments(document))
    assert "".join(slice_ for slice_, _ in cut) == document.text
    place = 0
    for slice_, mentions in cut:
        assert slice_
        for inside in range(place, place + len(slice_)):
            expected = covering(document, inside)
            assert len(mentions) == len(expected)
            assert all(mention in expected for mention in mentions)
        place += len(slice_)


def test_a_text_without_mentions_is_one_slice() -> None:
    assert list(segments(Document("d", "sin fármacos"))) == [("sin fármacos", ())]


def test_an_empty_text_has_no_slices() -> None:
    assert list(segments(Document("d", ""))) == []


def test_the_gap_of_a_discontinuous_mention_is_not_covered() -> None:
    mention = Mention((Span(0, 2), Span(5, 7)), "A")
    cut = list(segments(Document("d", "ab cd ef", (mention,))))
    assert cut == [("ab", (mention,)), (" cd", ()), (" e", (mention,)), ("f", ())]


def test_labels_are_numbered_alphabetically_over_all_documents() -> None:
    first = Document("1", "abc", (Mention.at(0, 1, "PROTEIN"), Mention.at(1, 2, "DRUG")))
    second = Document("2", "abc", (Mention.at(0, 1, "GENE"), Mention.at(1, 2, "DRUG")))
    assert label_order([first, second]) == {"DRUG": 0, "GENE": 1, "PROTEIN": 2}
