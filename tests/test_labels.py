import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.labels import LabelScheme, Tagging, WordMention

TYPES = ("DRUG", "GENE-LIKE", "O")


def scheme(tagging: Tagging) -> LabelScheme:
    return LabelScheme(TYPES, tagging)


def written(tags: str, tagging: Tagging) -> list[int]:
    return [scheme(tagging).tags.index(tag) for tag in tags.split()]


def decoded(tags: str, tagging: Tagging) -> list[tuple[int, int, str]]:
    found = scheme(tagging).decode(written(tags, tagging))
    return [(mention.first, mention.stop, mention.label) for mention in found]


def test_tags_are_o_then_the_prefixes_type_by_type() -> None:
    assert LabelScheme(("X", "Y")).tags == ("O", "B-X", "I-X", "B-Y", "I-Y")
    bioes = LabelScheme(("X", "Y"), Tagging.BIOES).tags
    assert bioes[0] == "O"
    assert {frozenset(bioes[1:5]), frozenset(bioes[5:])} == {
        frozenset({"B-X", "I-X", "E-X", "S-X"}),
        frozenset({"B-Y", "I-Y", "E-Y", "S-Y"}),
    }


def test_the_paper_has_ten_outputs_for_three_types() -> None:
    tags = LabelScheme(("X", "Y", "Z"), Tagging.BIO_X).tags
    assert tags[:7] == LabelScheme(("X", "Y", "Z"), Tagging.BIO).tags
    assert tags[7:] == ("X", "CLS", "SEP")


@pytest.mark.parametrize("types", [(), ("X", "Y", "X")])
def test_types_are_some_and_distinct(types: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^a label scheme needs distinct types, found "):
        LabelScheme(types)


@pytest.mark.parametrize(
    ("tagging", "tags"),
    [
        (Tagging.BIO, "O B-DRUG B-DRUG I-DRUG I-DRUG B-O O"),
        (Tagging.BIOES, "O S-DRUG B-DRUG I-DRUG E-DRUG S-O O"),
    ],
)
def test_encoding_by_hand(tagging: Tagging, tags: str) -> None:
    mentions = [WordMention(2, 5, "DRUG"), WordMention(5, 6, "O"), WordMention(1, 2, "DRUG")]
    assert scheme(tagging).encode(mentions, 7) == written(tags, tagging)


@st.composite
def flat_mentions(draw: st.DrawFn) -> tuple[list[WordMention], int]:
    mentions, place = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=6)):
        first = place + gap
        place = first + length
        mentions.append(WordMention(first, place, draw(st.sampled_from(TYPES))))
    return mentions, place + draw(st.integers(0, 3))


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(Tagging), flat_mentions())
def test_decoding_gives_back_what_was_encoded(
    tagging: Tagging, drawn: tuple[list[WordMention], int]
) -> None:
    mentions, words = drawn
    encoded = scheme(tagging).encode(mentions, words)
    assert len(encoded) == words
    assert scheme(tagging).decode(encoded) == mentions
    assert scheme(tagging).encode(reversed(mentions), words) == encoded


tagged = st.sampled_from(Tagging).flatmap(
    lambda tagging: st.tuples(
        st.just(tagging), st.lists(st.integers(0, len(scheme(tagging).tags) - 1), max_size=12)
    )
)


@settings(deadline=None, max_examples=200)
@given(tagged)
def test_any_tags_decode_to_disjoint_mentions_of_exactly_the_tagged_words(
    drawn: tuple[Tagging, list[int]],
) -> None:
    tagging, indices = drawn
    tags = [scheme(tagging).tags[index] for index in indices]
    mentions = scheme(tagging).decode(indices)
    labelled = [(word, m.label) for m in mentions for word in range(m.first, m.stop)]
    assert labelled == [(word, tag[2:]) for word, tag in enumerate(tags) if "-" in tag]


@settings(deadline=None, max_examples=200)
@given(tagged)
def test_decoded_mentions_can_be_written_and_read_again(drawn: tuple[Tagging, list[int]]) -> None:
    tagging, indices = drawn
    mentions = scheme(tagging).decode(indices)
    again = scheme(tagging).encode(mentions, len(indices))
    assert scheme(tagging).decode(again) == mentions


@pytest.mark.parametrize(
    ("tagging", "tags", "expected"),
    [
        (Tagging.BIO, "I-DRUG", [(0, 1, "DRUG")]),
        (Tagging.BIO_X, "B-DRUG X I-DRUG SEP CLS", [(0, 1, "DRUG"), (2, 3, "DRUG")]),
        (Tagging.BIO, "O I-DRUG I-DRUG O", [(1, 3, "DRUG")]),
        (Tagging.BIO, "B-DRUG O I-DRUG", [(0, 1, "DRUG"), (2, 3, "DRUG")]),
        (Tagging.BIO, "B-DRUG I-O I-DRUG", [(0, 1, "DRUG"), (1, 2, "O"), (2, 3, "DRUG")]),
        (Tagging.BIO, "B-GENE-LIKE I-GENE-LIKE", [(0, 2, "GENE-LIKE")]),
        (Tagging.BIO, "B-DRUG B-DRUG", [(0, 1, "DRUG"), (1, 2, "DRUG")]),
        (Tagging.BIOES, "B-DRUG I-DRUG", [(0, 2, "DRUG")]),
        (Tagging.BIOES, "B-DRUG O", [(0, 1, "DRUG")]),
        (Tagging.BIOES, "E-DRUG E-DRUG", [(0, 1, "DRUG"), (1, 2, "DRUG")]),
        (Tagging.BIOES, "I-DRUG E-DRUG I-DRUG", [(0, 2, "DRUG"), (2, 3, "DRUG")]),
        (Tagging.BIOES, "S-DRUG E-DRUG", [(0, 1, "DRUG"), (1, 2, "DRUG")]),
        (Tagging.BIOES, "S-DRUG I-DRUG E-DRUG", [(0, 1, "DRUG"), (1, 3, "DRUG")]),
        (Tagging.BIOES, "B-DRUG S-DRUG I-DRUG", [(0, 1, "DRUG"), (1, 2, "DRUG"), (2, 3, "DRUG")]),
        (Tagging.BIOES, "B-DRUG E-O", [(0, 1, "DRUG"), (1, 2, "O")]),
        (Tagging.BIOES, "B-DRUG B-DRUG E-DRUG", [(0, 1, "DRUG"), (1, 3, "DRUG")]),
    ],
)
def test_tags_that_contradict_each_other_are_repaired(
    tagging: Tagging, tags: str, expected: list[tuple[int, int, str]]
) -> None:
    assert decoded(tags, tagging) == expected


def test_mentions_that_share_a_word_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match=r"shares a word with another mention$"):
        LabelScheme(("X",)).encode([WordMention(0, 2, "X"), WordMention(1, 3, "X")], 3)


@pytest.mark.parametrize(("first", "stop"), [(1, 1), (2, 1), (-1, 1), (2, 4)])
def test_a_mention_outside_the_words_cannot_be_encoded(first: int, stop: int) -> None:
    with pytest.raises(ValueError, match=r"is not a range of 3 words$"):
        LabelScheme(("X",)).encode([WordMention(first, stop, "X")], 3)


def test_no_words_have_no_tags() -> None:
    assert LabelScheme(("X",)).encode([], 0) == []
    assert LabelScheme(("X",)).decode([]) == []
