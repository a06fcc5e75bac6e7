from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.training.batches import plan_batches

lengths = st.lists(st.integers(1, 300), min_size=1, max_size=200)
seeds = st.integers(0, 2**32 - 1)


@given(lengths, st.integers(1, 20), seeds, st.integers(0, 9))
@settings(deadline=None)
def test_a_fixed_number_of_sequences_takes_every_window_once(
    lengths: list[int], sequences: int, seed: int, epoch: int
) -> None:
    batches = plan_batches(lengths, sequences, 0, seed, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= sequences for batch in batches)


@given(lengths, st.integers(1, 2000), seeds, st.integers(0, 9))
@settings(deadline=None)
def test_a_budget_of_pieces_holds_with_padding_unless_a_window_alone_exceeds_it(
    lengths: list[int], pieces: int, seed: int, epoch: int
) -> None:
    batches = plan_batches(lengths, 0, pieces, seed, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[index] for index in batch)
        assert padded <= pieces or len(batch) == 1


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = list(range(1, 100))
    assert plan_batches(lengths, 4, 0, 7, 1) == plan_batches(lengths, 4, 0, 7, 1)
    assert plan_batches(lengths, 4, 0, 7, 1) != plan_batches(lengths, 4, 0, 7, 2)
    assert plan_batches(lengths, 4, 0, 7, 1) != plan_batches(lengths, 4, 0, 8, 1)


def test_windows_of_like_length_share_a_batch() -> None:
    lengths = [10, 200] * 100
    batches = plan_batches(lengths, 4, 0, 0, 0)
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded <= 1.1 * sum(lengths)
