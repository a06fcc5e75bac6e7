import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from pharmaner.text.pieces import NO_WORD, PieceTokenizer, split_words_inside
from pharmaner.text.words import split_words
from tests.text.test_words import WHITE_SPACE

KINDS = ["wordpiece", "unigram", "byte_level"]
LEADING_SPACE = {"unigram": "▁", "byte_level": "Ġ"}

kinds = pytest.mark.parametrize("kind", KINDS)
texts = st.one_of(
    st.text(
        st.sampled_from(
            "abdeoñÑéµºª019 \t\n\r\xa0\u2003\u200b\xad\ufeff.,-/()½²™…ΩβÅ\u0301😀\x00\x1f"
        ),
        max_size=80,
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


@pytest.fixture(scope="module")
def tokenizers(tiny_tokenizers: dict[str, Tokenizer]) -> dict[str, PieceTokenizer]:
    found = {}
    for kind, original in tiny_tokenizers.items():
        tokenizer = Tokenizer.from_str(original.to_str())
        split_words_inside(tokenizer)
        found[kind] = PieceTokenizer(tokenizer)
    return found


def owners_by_hand(text: str) -> list[int]:
    """The word of every code point."""
    owners = [NO_WORD] * len(text)
    for number, word in enumerate(split_words(text)):
        owners[word.start : word.end] = [number] * (word.end - word.start)
    return owners


def is_composed_with_what_precedes(text: str) -> bool:
    composed, before = (unicodedata.normalize("NFKC", part) for part in (text, text[:-1]))
    return len(composed) <= len(before)


def strings(tokenizer: PieceTokenizer, text: str) -> list[str]:
    ids = tokenizer.pieces(text, split_words(text)).ids
    return [tokenizer.tokenizer.id_to_token(piece) for piece in ids]


@kinds
@given(text=texts)
@example(text="  5mg\xa0\xa0de\t\tlitio\n\n\ncon ½ m² ™a anti-CD20 ")
@example(text="10³/mm³ Bioglan™ nº 3ª 5½ ¹⁸F ㎎")
@settings(deadline=None, max_examples=150)
def test_no_piece_crosses_a_word_and_each_belongs_to_the_word_it_covers(
    tokenizers: dict[str, PieceTokenizer], kind: str, text: str
) -> None:
    tokenizer, owners = tokenizers[kind], owners_by_hand(text)
    pieces = tokenizer.pieces(text, split_words(text))
    offsets = tokenizer.tokenizer.encode(text, add_special_tokens=False).offsets
    assert len(pieces.ids) == len(pieces.words) == len(offsets)
    for (start, end), word in zip(offsets, pieces.words.tolist(), strict=True):
        assert {*owners[start:end], NO_WORD} == {word, NO_WORD}
    in_words = [word for word in pieces.words.tolist() if word != NO_WORD]
    assert in_words == sorted(in_words)


@kinds
@given(text=texts)
@settings(deadline=None, max_examples=150)
def test_the_pieces_of_a_word_cover_it_or_it_has_none(
    tokenizers: dict[str, PieceTokenizer], kind: str, text: str
) -> None:
    """BERT's normalizer removes what cannot be printed; the others remove nothing."""
    tokenizer, words = tokenizers[kind], split_words(text)
    pieces = tokenizer.pieces(text, words)
    offsets = tokenizer.tokenizer.encode(text, add_special_tokens=False).offsets
    for number, word in enumerate(words):
        of_word = [o for o, owner in zip(offsets, pieces.words, strict=True) if owner == number]
        covered = {place for start, end in of_word for place in range(start, end)}
        if of_word:
            for place in set(range(word.start, word.end)) - covered:
                assert kind == "unigram"
                assert is_composed_with_what_precedes(text[word.start : place + 1])
        else:
            assert kind == "wordpiece"
            assert not text[word.start : word.end].isprintable()


@pytest.mark.parametrize("kind", ["unigram", "byte_level"])
@given(text=texts)
@settings(deadline=None, max_examples=150)
def test_a_piece_has_a_leading_space_only_where_white_space_stands_before(
    tokenizers: dict[str, PieceTokenizer], kind: str, text: str
) -> None:
    tokenizer = tokenizers[kind]
    encoding = tokenizer.tokenizer.encode(text, add_special_tokens=False)
    for piece, (start, end) in zip(encoding.tokens, encoding.offsets, strict=True):
        if piece.startswith(LEADING_SPACE[kind]):
            spelled_out = LEADING_SPACE[kind] in unicodedata.normalize("NFKC", text[start:end])
            from_nfkc = kind == "unigram" and " " in unicodedata.normalize("NFKC", text[start:end])
            before = {*text[max(0, start - 1) : start + 1]}
            assert start == 0 or before & WHITE_SPACE or spelled_out or from_nfkc


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("wordpiece", "de 5mg", "de 5 mg"),
        ("wordpiece", "litio-5", "l ##i ##t ##i ##o - 5"),
        ("wordpiece", "de\xa0\n\t  el", "de el"),
        ("wordpiece", "LA", "la"),
        ("wordpiece", "a\xadb", "a b"),
        ("unigram", "de 5mg", "▁de ▁ 5 mg"),
        ("unigram", "5mg", "▁ 5 mg"),
        ("unigram", "el-de", "▁el - de"),
        ("unigram", "de\xa0el", "▁de ▁el"),
        ("unigram", "de\n\t  el", "▁de ▁el"),
        ("unigram", "de  el", "▁de ▁el"),
        ("byte_level", "a 5b", "a Ġ 5 b"),
        ("byte_level", "a-b c", "a - b Ġ c"),
        ("byte_level", "a  b", "a Ġ Ġ b"),
        ("byte_level", "a\nb", "a Ċ b"),
        ("byte_level", "é", "Ã ©"),
    ],
)
def test_white_space_and_words_become_these_pieces(
    tokenizers: dict[str, PieceTokenizer], kind: str, text: str, expected: str
) -> None:
    assert strings(tokenizers[kind], text) == expected.split(" ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10³ 9", [0, 0, 0, 1, NO_WORD, 2]),
        ("a½b", [0, 1, 1, 1, 2]),
        ("m²", [0, 1]),
        ("nº", [0, 0]),
        ("5…5", [0, 0, 1, 1, 1, 2]),
        ("a™b", [0, 1, 2]),
    ],
)
def test_what_nfkc_spells_out_belongs_to_the_code_point_that_was_written(
    tokenizers: dict[str, PieceTokenizer], text: str, words: list[int]
) -> None:
    assert tokenizers["unigram"].pieces(text, split_words(text)).words.tolist() == words


@kinds
@pytest.mark.parametrize("spelled", ["[SEP]", "[CLS]", "[MASK]", "<s>", "</s>", "<unk>"])
def test_special_pieces_in_a_text_are_ordinary_text(
    tokenizers: dict[str, PieceTokenizer], kind: str, spelled: str
) -> None:
    tokenizer = tokenizers[kind]
    text = f"de {spelled} el{spelled}"
    words = split_words(text)
    assert [text[word.start : word.end] for word in words].count(spelled[0]) == 2
    pieces = tokenizer.pieces(text, words)
    assert spelled not in strings(tokenizer, text)
    assert set(pieces.words.tolist()) - {NO_WORD} == set(range(len(words)))


@kinds
def test_no_text_is_truncated_or_padded(
    tiny_tokenizers: dict[str, Tokenizer], kind: str, tmp_path: Path
) -> None:
    tokenizer = Tokenizer.from_str(tiny_tokenizers[kind].to_str())
    tokenizer.enable_truncation(max_length=5)
    tokenizer.enable_padding(length=7)
    split_words_inside(tokenizer)
    file = tmp_path / "tokenizer.json"
    tokenizer.save(str(file))
    ours = PieceTokenizer.from_file(file)
    text = "de " * 5_000
    pieces = ours.pieces(text, split_words(text))
    assert sorted(set(pieces.words.tolist()) - {NO_WORD}) == list(range(5_000))
    assert len(ours.pieces("e", split_words("e")).ids) < 5
    ours.tokenizer.save(str(file))
    saved = json.loads(file.read_text())
    assert (saved["truncation"], saved["padding"]) == (None, None)


@pytest.mark.parametrize(
    ("kind", "prefix", "suffix"),
    [
        ("wordpiece", ["[CLS]"], ["[SEP]"]),
        ("unigram", ["<s>"], ["</s>"]),
        ("byte_level", ["<s>"], ["</s>"]),
    ],
)
def test_the_special_pieces_around_a_sequence_are_those_of_its_template(
    tokenizers: dict[str, PieceTokenizer], kind: str, prefix: list[str], suffix: list[str]
) -> None:
    tokenizer = tokenizers[kind]
    to_token = tokenizer.tokenizer.id_to_token
    assert [to_token(piece) for piece in tokenizer.prefix] == prefix
    assert [to_token(piece) for piece in tokenizer.suffix] == suffix
    whole = tokenizer.tokenizer.encode("de el").ids
    inner = tokenizer.pieces("de el", split_words("de el")).ids.tolist()
    assert whole == [*tokenizer.prefix, *inner, *tokenizer.suffix]


def test_a_tokenizer_without_special_pieces_has_neither_prefix_nor_suffix() -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    assert PieceTokenizer(tokenizer).prefix == []
    assert PieceTokenizer(tokenizer).suffix == []


@pytest.mark.parametrize("text", ["", " ", "\n\t\xa0"])
@kinds
def test_a_text_without_words_has_pieces_of_white_space_at_most(
    tokenizers: dict[str, PieceTokenizer], kind: str, text: str
) -> None:
    pieces = tokenizers[kind].pieces(text, [])
    assert pieces.ids.dtype == pieces.words.dtype == "int64"
    assert set(pieces.words.tolist()) <= {NO_WORD}


@pytest.mark.parametrize(
    ("split", "named"),
    [
        (None, "none"),
        (pre_tokenizers.Whitespace(), "Whitespace"),
        (pre_tokenizers.CharDelimiterSplit("x"), "CharDelimiterSplit"),
        (
            pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.Metaspace()]),
            "Digits",
        ),
    ],
)
def test_an_unknown_word_split_is_refused_by_name(
    split: pre_tokenizers.PreTokenizer | None, named: str
) -> None:
    tokenizer = Tokenizer(models.BPE())
    if split is not None:
        tokenizer.pre_tokenizer = split
    with pytest.raises(ValueError, match=rf"word split \['{named}.*is not known"):
        split_words_inside(tokenizer)
