import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pharmaner.text.pieces import NO_WORD
from pharmaner.training.examples import Example
from pharmaner.training.word_masking import mask_words

MASK = 4


def example_of(owners: list[int]) -> Example:
    length = len(owners)
    return Example(100 + np.arange(length), np.arange(length), np.array(owners, dtype=np.int64))


@given(
    st.lists(st.integers(NO_WORD, 5), min_size=1, max_size=30), st.floats(0, 1), st.integers(0, 99)
)
def test_words_are_hidden_whole_or_stay_and_all_else_stays(
    owners: list[int], share: float, seed: int
) -> None:
    example = example_of(owners)
    masked = mask_words(example, share, MASK, np.random.default_rng(seed))
    assert masked.labels.tolist() == example.labels.tolist()
    assert masked.word_index.tolist() == owners
    kinds: dict[int, set[bool]] = {}
    pairs = zip(owners, example.input_ids, masked.input_ids, strict=True)
    for owner, before, after in pairs:
        assert after in (before, MASK)
        kinds.setdefault(owner, set()).add(bool(after == MASK))
    assert all(len(kind) == 1 for kind in kinds.values())
    assert kinds.get(NO_WORD, {False}) == {False}
    if share in (0, 1):
        assert all(kind == {share == 1} for owner, kind in kinds.items() if owner != NO_WORD)


def test_a_share_is_each_words_chance() -> None:
    example = example_of([word for word in range(4000) for _ in range(2)])
    masked = mask_words(example, 0.2, MASK, np.random.default_rng(0))
    assert 700 < int((masked.input_ids == MASK).sum()) / 2 < 900
