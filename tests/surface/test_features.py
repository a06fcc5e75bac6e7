import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.surface.features import NO_FEATURE, TEMPLATES, shape, surface_features
from pharmaner.surface.lexicon import packaged_lexicon
from pharmaner.text.forms import fold
from pharmaner.text.words import split_words


def rows(text: str) -> np.ndarray:
    return surface_features(text, split_words(text), packaged_lexicon())


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_every_word_of_any_text_has_a_row_for_each_template(text: str) -> None:
    found = rows(text)
    assert found.shape == (len(split_words(text)), TEMPLATES)
    assert ((found >= 0) & (found <= NO_FEATURE)).all()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["Toma", "5", "mg", "de", "AAS", ",", "vía"]), max_size=12))
def test_a_words_rows_depend_on_three_words_either_side_and_no_more(words: list[str]) -> None:
    near = ["x", "y", "z"]
    text = " ".join([*near, "diana", *near])
    within = " ".join([*words, *near, "diana", *near, *words])
    place = len(words) + 3
    assert (rows(within)[place] == rows(text)[3]).all()


def test_what_words_differ_in_shows_in_their_rows() -> None:
    texts = ["el litio", "el Litio", "el sodio", "un litio", "el litio y", "el-litio"]
    last = [tuple(rows(text)[split.index("litio")]) for text, split in _split(texts)]
    assert len(set(last)) == len(texts)


def _split(texts: list[str]) -> list[tuple[str, list[str]]]:
    return [
        (t, [t[w.start : w.end].lower().replace("sodio", "litio") for w in split_words(t)])
        for t in texts
    ]


def test_case_and_accents_are_kept_apart_from_the_form() -> None:
    one, other = rows("dosis de Ácido")[2], rows("dosis de acido")[2]
    assert 0 < (one != other).sum() < TEMPLATES / 2
    assert fold("ÁCIDO") == fold("acido") == "acido"


@pytest.mark.parametrize(
    ("form", "expected"),
    [("Omeprazol", "Xxx"), ("IL", "XX"), ("250", "dd"), ("+", "+"), ("αβγ", "xx"), ("B", "X")],
)
def test_a_shape_is_the_classes_of_the_characters(form: str, expected: str) -> None:
    assert shape(form) == expected


def test_few_features_of_many_words_share_a_row() -> None:
    syllables = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru"]
    words = ["".join(parts) for parts in itertools.product(syllables, repeat=3)]
    written = rows(" ".join(words))[:, 1]
    assert len(set(written.tolist())) >= 995
