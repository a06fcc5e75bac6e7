import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.text.pieces import NO_WORD
from pharmaner.text.windows import Window
from pharmaner.training.examples import NOT_LEARNED
from pharmaner.training.masking import Masker

MASK = 4
ORDINARY = np.arange(100, 200)


def window(lengths: list[int]) -> Window:
    """A special piece, words of so many pieces each, a special piece; every piece is its own."""
    words = [NO_WORD, *(w for w, length in enumerate(lengths) for _ in range(length)), NO_WORD]
    ids = np.arange(1000, 1000 + len(words))
    return Window(ids, np.array(words), range(len(lengths)))


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=60),
    st.floats(0.01, 0.9),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_words_are_hidden_whole_up_to_the_share_and_special_pieces_never(
    lengths: list[int], share: float, seed: int
) -> None:
    cut = window(lengths)
    hidden = Masker(share, MASK, ORDINARY).hide(cut, np.random.default_rng(seed))
    is_hidden = hidden.labels != NOT_LEARNED
    assert is_hidden.any()
    assert not is_hidden[cut.word_index == NO_WORD].any()
    for word in range(len(lengths)):
        assert len(set(is_hidden[cut.word_index == word].tolist())) == 1
    assert is_hidden.sum() <= max(max(lengths), round(share * sum(lengths)))
    np.testing.assert_array_equal(hidden.labels[is_hidden], cut.input_ids[is_hidden])
    np.testing.assert_array_equal(hidden.input_ids[~is_hidden], cut.input_ids[~is_hidden])


def test_of_many_hidden_words_8_in_10_are_masked_1_replaced_1_kept() -> None:
    random = np.random.default_rng(0)
    masker = Masker(0.99, MASK, ORDINARY)
    fates = {"masked": 0, "replaced": 0, "kept": 0}
    for _ in range(300):
        cut = window([2] * 10)
        hidden = masker.hide(cut, random)
        for word in range(10):
            places = cut.word_index == word
            now = hidden.input_ids[places]
            if (hidden.labels[places] == NOT_LEARNED).any():
                continue
            if (now == MASK).all():
                fates["masked"] += 1
            elif (now == cut.input_ids[places]).all():
                fates["kept"] += 1
            else:
                assert set(now.tolist()) <= set(ORDINARY.tolist())
                fates["replaced"] += 1
    total = sum(fates.values())
    assert abs(fates["masked"] / total - 0.8) < 0.03
    assert abs(fates["replaced"] / total - 0.1) < 0.03
    assert abs(fates["kept"] / total - 0.1) < 0.03
