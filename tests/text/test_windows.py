from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Span
from pharmaner.text.pieces import NO_WORD, Pieces
from pharmaner.text.sentences import split_sentences
from pharmaner.text.windows import Window, cut_windows, sentence_units
from pharmaner.text.words import split_words

PREFIX, SUFFIX = 7, 8
FIRST_ID = 100


@dataclass
class Case:
    """A text's pieces as a plain list of word indices, and how it is to be cut."""

    owners: list[int]
    units: list[range]
    length: int
    context: int
    suffix: tuple[int, ...] = (SUFFIX,)
    sentences: tuple[int, ...] = ()

    @property
    def capacity(self) -> int:
        return self.length - 1 - len(self.suffix)

    @property
    def blocks(self) -> list[int]:
        """White space counts with the word before it, at the very start with the first word."""
        found: list[int] = []
        for owner in self.owners:
            found.append(owner if owner != NO_WORD else (found[-1] if found else 0))
        return found

    def cut(self) -> list[Window]:
        ids = FIRST_ID + np.arange(len(self.owners))
        pieces = Pieces(ids, np.array(self.owners, dtype=np.int64))
        return cut_windows(
            pieces,
            self.units,
            self.length,
            self.context,
            [PREFIX],
            self.suffix,
            self.sentences,
        )

    def seen_from(self, word: int, place: int, of_unit: list[int]) -> int:
        """The first piece that a word must see: a quarter of the context before its sentence."""
        starts = [start for start in self.sentences if start <= word]
        sentence = next((p for p in of_unit if starts and self.blocks[p] >= starts[-1]), of_unit[0])
        shortest = sentence - self.context // 4 if starts else place - self.context
        return max(of_unit[0], min(place, max(place - self.context, shortest)))

    def seen_to(self, word: int, place: int, of_unit: list[int]) -> int:
        """The last piece that a word must see: a quarter of the context after its sentence."""
        starts = [start for start in self.sentences if start > word]
        before = [p for p in of_unit if not starts or self.blocks[p] < starts[0]]
        shortest = before[-1] + self.context // 4 if starts and before else place + self.context
        return min(of_unit[-1], max(place, min(place + self.context, shortest)))


@st.composite
def cases(draw: st.DrawFn, largest: int = 60) -> Case:
    sizes = st.one_of(st.integers(0, 3), st.integers(0, 3), st.integers(0, largest))
    counts = draw(st.lists(sizes, min_size=1, max_size=40))
    spaces = draw(st.lists(st.integers(0, 9), min_size=len(counts) + 1, max_size=len(counts) + 1))
    owners = [NO_WORD] * max(0, spaces[0] - 7)
    for word, count in enumerate(counts):
        owners += [word] * count + [NO_WORD] * max(0, spaces[word + 1] - 7)
    ends = draw(st.sets(st.integers(1, len(counts)), max_size=4)) | {len(counts)}
    units = [range(a, b) for a, b in pairwise([0, *sorted(ends)])]
    length = draw(st.integers(16, 48))
    context = draw(st.integers(0, length // 4))
    suffix = draw(st.sampled_from([(), (SUFFIX,), (SUFFIX, SUFFIX)]))
    sentences = draw(st.sets(st.integers(0, len(counts) - 1), max_size=12))
    return Case(owners, units, length, context, suffix, tuple(sorted(sentences)))


def inner(case: Case, window: Window) -> range:
    """Which of the text's pieces a window holds; checks that they are a run of it."""
    ids = window.input_ids.tolist()
    assert ids[0] == PREFIX
    stop = len(ids) - len(case.suffix)
    assert tuple(ids[stop:]) == case.suffix
    start = ids[1] - FIRST_ID if stop > 1 else 0
    held = range(start, start + stop - 1)
    assert ids[1:stop] == [FIRST_ID + place for place in held]
    owners = [case.owners[place] for place in held]
    assert window.word_index.tolist() == [NO_WORD, *owners, *[NO_WORD] * len(case.suffix)]
    return held


@given(cases())
@settings(deadline=None, max_examples=200)
def test_every_word_is_owned_exactly_once_and_in_order(case: Case) -> None:
    owned = [word for window in case.cut() for word in window.owned]
    assert owned == list(range(case.units[-1].stop))


@given(cases())
@settings(deadline=None, max_examples=200)
def test_windows_are_runs_of_one_unit_and_never_too_long(case: Case) -> None:
    for window in case.cut():
        assert len(window.input_ids) <= case.length
        assert len(window.owned) > 0
        (unit,) = [unit for unit in case.units if window.owned.start in unit]
        assert window.owned.stop <= unit.stop
        assert {case.blocks[place] for place in inner(case, window)} <= set(unit)


@given(cases())
@settings(deadline=None, max_examples=200)
def test_all_pieces_of_an_owned_word_are_seen_or_as_many_of_its_first_as_fit(case: Case) -> None:
    for window in case.cut():
        held = inner(case, window)
        for word in window.owned:
            of_word = [place for place, owner in enumerate(case.owners) if owner == word]
            seen = [place for place in of_word if place in held]
            leading_space = case.owners.index(word) if word == 0 and of_word else 0
            assert seen == of_word[: case.capacity - leading_space]
        mask = [owner in window.owned for owner in window.word_index.tolist()]
        assert window.owned_pieces.tolist() == mask


@given(cases())
@settings(deadline=None, max_examples=300)
def test_owned_words_see_their_context_unless_they_and_it_do_not_fit_one_window(
    case: Case,
) -> None:
    """Context is rounded out to whole words: only where that exceeds a window may it be less."""
    blocks = case.blocks
    for window in case.cut():
        held = inner(case, window)
        unit = next(unit for unit in case.units if window.owned.start in unit)
        of_unit = [place for place, block in enumerate(blocks) if block in unit]
        for word in window.owned:
            of_word = [place for place, owner in enumerate(case.owners) if owner == word]
            if not of_word:
                continue
            left = max(of_unit[0], of_word[0] - case.context)
            block_end = max(place for place in of_unit if blocks[place] == word)
            last = min(of_unit[-1], block_end + case.context)
            rounded = [p for p in of_unit if blocks[left] <= blocks[p] <= blocks[last]]
            if len(rounded) <= case.capacity:
                assert case.seen_from(word, of_word[0], of_unit) in held
                assert case.seen_to(word, of_word[-1], of_unit) in held


@given(cases(largest=3))
@settings(deadline=None, max_examples=200)
def test_with_small_words_and_room_for_them_context_has_no_exception(case: Case) -> None:
    case.context = min(case.context, (case.capacity - 17) // 2)
    if case.context < 0:
        return
    blocks = case.blocks
    for window in case.cut():
        held = inner(case, window)
        unit = next(unit for unit in case.units if window.owned.start in unit)
        of_unit = [place for place, block in enumerate(blocks) if block in unit]
        for place in held:
            if (word := case.owners[place]) in window.owned:
                assert case.seen_from(word, place, of_unit) in held
                assert case.seen_to(word, place, of_unit) in held


@given(cases(largest=12))
@settings(deadline=None, max_examples=200)
def test_a_unit_that_fits_is_one_window(case: Case) -> None:
    windows = case.cut()
    for unit in case.units:
        of_unit = [place for place, block in enumerate(case.blocks) if block in unit]
        if len(of_unit) <= case.capacity:
            (window,) = [window for window in windows if window.owned.start in unit]
            assert window.owned == unit
            assert list(inner(case, window)) == of_unit


@pytest.mark.parametrize(
    ("words", "context", "windows"),
    [
        (12, 3, [((0, 12), range(12))]),
        (14, 3, [((0, 14), range(14))]),
        (15, 3, [((0, 14), range(11)), ((8, 15), range(11, 15))]),
        (30, 3, [((0, 14), range(11)), ((8, 22), range(11, 19)), ((16, 30), range(19, 30))]),
        (15, 0, [((0, 14), range(14)), ((14, 15), range(14, 15))]),
    ],
)
def test_words_of_one_piece_are_cut_so(
    words: int, context: int, windows: list[tuple[tuple[int, int], range]]
) -> None:
    case = Case(list(range(words)), [range(words)], 16, context)
    found = [(inner(case, window), window.owned) for window in case.cut()]
    assert found == [(range(*pieces), owned) for pieces, owned in windows]


@pytest.mark.parametrize(
    ("sentences", "windows"),
    [
        ((10, 13), [((0, 14), range(13)), ((12, 26), range(13, 22)), ((18, 30), range(22, 30))]),
        # a quarter of the context does not fit behind the second, which is then in a first half
        (
            (10, 14),
            [
                ((0, 11), range(10)),
                ((9, 23), range(10, 19)),
                ((15, 29), range(19, 25)),
                ((21, 30), range(25, 30)),
            ],
        ),
        (
            (3, 5),
            [
                ((0, 14), range(10)),
                ((6, 20), range(10, 16)),
                ((12, 26), range(16, 22)),
                ((18, 30), range(22, 30)),
            ],
        ),
    ],
)
def test_windows_part_where_sentences_do(
    sentences: tuple[int, ...], windows: list[tuple[tuple[int, int], range]]
) -> None:
    case = Case(list(range(30)), [range(30)], 16, 4, sentences=sentences)
    found = [(inner(case, window), window.owned) for window in case.cut()]
    assert found == [(range(*pieces), owned) for pieces, owned in windows]


def test_a_giant_word_has_a_window_of_its_first_pieces() -> None:
    owners = [0, 0, *[1] * 40, 2, 3]
    case = Case(owners, [range(4)], 16, 4)
    found = [(inner(case, window), window.owned) for window in case.cut()]
    assert found == [
        (range(2), range(1)),
        (range(2, 16), range(1, 2)),
        (range(42, 44), range(2, 4)),
    ]


def test_no_units_give_no_windows() -> None:
    assert Case([], [], 16, 4).cut() == []


def test_words_without_any_piece_are_owned_by_a_window_of_special_pieces() -> None:
    (window,) = Case([], [range(3)], 16, 4).cut()
    assert window.input_ids.tolist() == [PREFIX, SUFFIX]
    assert window.owned == range(3)


sentence_texts = st.lists(
    st.sampled_from(["litio", "Alta", ".", " ", "\n", "\n\n", "5", "\x1c", "\x1f", "\x85", "¿"]),
    max_size=40,
).map("".join)


@given(sentence_texts)
@settings(deadline=None, max_examples=200)
def test_sentence_units_hold_the_words_inside_each_sentence(text: str) -> None:
    words, sentences = split_words(text), split_sentences(text)
    inside = [
        [n for n, word in enumerate(words) if span.start <= word.start and word.end <= span.end]
        for span in sentences
    ]
    units = sentence_units(words, sentences)
    assert [list(unit) for unit in units] == inside
    assert [n for unit in inside for n in unit] == list(range(len(words)))


def test_a_sentence_without_words_is_no_unit() -> None:
    words = [Span(0, 3), Span(10, 12)]
    sentences = [Span(0, 3), Span(5, 8), Span(9, 12)]
    assert sentence_units(words, sentences) == [range(1), range(1, 2)]
