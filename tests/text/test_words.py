import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.text.words import split_words

WHITE_SPACE = frozenset(
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's White_Space property, from PropList.txt."""

visible_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
clinical_texts = st.text(
    st.sampled_from(
        "abcñÑéµºª0123456789٣ \t\n\r\xa0\u200b\ufeff.,;:-/()%²½™ΩαβA\u0301\u0303😀\x1c\x00"
    ),
    max_size=120,
)


def cut(text: str) -> list[str]:
    return [text[word.start : word.end] for word in split_words(text)]


def kind(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LM":
        return "letters"
    return "digits" if category == "Nd" else "single"


def words_by_hand(text: str) -> list[str]:
    """The definition, read code point by code point."""
    found: list[str] = []
    previous = "space"
    for character in text:
        now = "space" if character in WHITE_SPACE else kind(character)
        if now == "space":
            pass
        elif now == previous and now != "single" and len(found[-1]) < 64:
            found[-1] += character
        else:
            found.append(character)
        previous = now
    return found


@given(st.one_of(visible_texts, clinical_texts))
@settings(deadline=None, max_examples=200)
def test_every_visible_code_point_is_in_exactly_one_word(text: str) -> None:
    owners = [0] * len(text)
    previous_end = 0
    for word in split_words(text):
        assert previous_end <= word.start
        previous_end = word.end
        for place in range(word.start, word.end):
            owners[place] += 1
    assert owners == [int(character not in WHITE_SPACE) for character in text]


def test_no_code_point_but_white_space_is_lost() -> None:
    code_points = (chr(n) for n in range(0x110000) if not 0xD800 <= n <= 0xDFFF)
    visible = [c for c in code_points if c not in WHITE_SPACE]
    for first in range(0, len(visible), 1_000):
        part = visible[first : first + 1_000]
        assert cut(" ".join(part)) == part


@given(clinical_texts)
@settings(deadline=None, max_examples=200)
def test_words_are_runs_of_letters_runs_of_digits_and_single_others(text: str) -> None:
    assert cut(text) == words_by_hand(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\xa0\u2003", []),
        ("5mg", ["5", "mg"]),
        ("etanercept6", ["etanercept", "6"]),
        ("hemoglobina12,5", ["hemoglobina", "12", ",", "5"]),
        ("anti-CD20", ["anti", "-", "CD", "20"]),
        ("Tc-99M", ["Tc", "-", "99", "M"]),
        ("β2-microglobulina", ["β", "2", "-", "microglobulina"]),
        ("34 µg/l", ["34", "µg", "/", "l"]),
        ("34 μg/l", ["34", "μg", "/", "l"]),
        ("nº 3ª", ["nº", "3", "ª"]),
        ("10³/mm²", ["10", "³", "/", "mm", "²"]),
        ("½ vial™", ["½", "vial", "™"]),
        ("albu\u0301mina", ["albu\u0301mina"]),
        ("5\u0301", ["5", "\u0301"]),
        ("Na\u200b+", ["Na", "\u200b", "+"]),
        ("\ufeffLitio", ["\ufeff", "Litio"]),
        ("cal\xadcio", ["cal", "\xad", "cio"]),
        ("sodio\xa0140", ["sodio", "140"]),
        ("👩\u200d⚕️", ["👩", "\u200d", "⚕", "\ufe0f"]),
        ("pH=7,35...", ["pH", "=", "7", ",", "35", ".", ".", "."]),
        ("snake_case", ["snake", "_", "case"]),
        ("٣mg", ["٣", "mg"]),
        ("Ⅳ", ["Ⅳ"]),
        ("钙离子", ["钙离子"]),
        ("K\x00Na", ["K", "\x00", "Na"]),
    ],
)
def test_clinical_strings_are_cut_where_mentions_begin_and_end(text: str, words: list[str]) -> None:
    assert cut(text) == words


@pytest.mark.parametrize(
    ("length", "lengths"),
    [(64, [64]), (65, [64, 1]), (128, [64, 64]), (130, [64, 64, 2])],
)
@pytest.mark.parametrize("character", ["q", "7", "ñ"])
def test_a_long_run_is_split_every_64_code_points(
    character: str, length: int, lengths: list[int]
) -> None:
    assert [len(word) for word in cut(f"a.{character * length} .")[2:-1]] == lengths
