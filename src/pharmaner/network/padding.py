"""Rows of unequal length as one tensor."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pad_sequence


def padded(rows: Sequence[npt.NDArray[np.int64]], value: int, device: torch.device) -> torch.Tensor:
    """The rows filled up with ``value``, shape (rows, longest)."""
    tensors = [torch.from_numpy(row) for row in rows]
    return pad_sequence(tensors, batch_first=True, padding_value=value).to(device)


def attention_mask(rows: Sequence[npt.NDArray[np.int64]], device: torch.device) -> torch.Tensor:
    """1 where a row has a piece, 0 where it is padded, shape (rows, longest)."""
    return padded([np.ones_like(row) for row in rows], 0, device)
