"""Windows of like length in batches of a bounded size."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pharmaner.text.windows import Window

BATCH_PIECES = 2_048
"""The most pieces, padding included, that the network sees in one batch of several windows."""


def batches(windows: Iterable[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    """Windows, sorted by length and each with the place of its document, cut into batches."""
    batch: list[tuple[int, Window]] = []
    for item in windows:
        if batch and (len(batch) + 1) * len(item[1].input_ids) > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def pad_windows(
    windows: Sequence[Window], pad_id: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The windows' pieces filled up with padding, and a mask with 1 for pieces.

    Returns:
        Input ids and attention mask, both of shape (windows, longest).
    """
    length = max(len(window.input_ids) for window in windows)
    input_ids = np.full((len(windows), length), pad_id, dtype=np.int64)
    attention_mask = np.zeros_like(input_ids)
    for row, window in enumerate(windows):
        input_ids[row, : len(window.input_ids)] = window.input_ids
        attention_mask[row, : len(window.input_ids)] = 1
    return input_ids, attention_mask
