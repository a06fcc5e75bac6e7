"""The torch side of prediction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pharmaner.network.batches import fill_batches
from pharmaner.network.padding import attention_mask, padded

BATCH_PIECES = 2_048
"""The most pieces, padding included, that the network sees in one batch of several windows."""


class TorchBackend:
    """Scores windows with a torch network, in fp32 on the device where its weights are.

    Windows of like length share a batch, on which their scores depend in the last digits.

    Args:
        network: gives logits of the tags.
        pad_id: the vocabulary index of padding.
    """

    def __init__(self, network: torch.nn.Module, pad_id: int = 0) -> None:
        self.network = network
        self.pad_id = pad_id

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        """See ``pharmaner.prediction.predictor.Backend``."""
        lengths = [len(window) for window in windows]
        by_length = sorted(range(len(windows)), key=lengths.__getitem__)
        scores: dict[int, npt.NDArray[np.floating]] = {}
        was_training = self.network.training
        self.network.eval()
        try:
            with torch.inference_mode(), _fused_attention(self.network):
                for batch in fill_batches(by_length, lengths, 0, BATCH_PIECES):
                    scored = self._score([windows[place] for place in batch])
                    for place, rows in zip(batch, scored, strict=True):
                        scores[place] = rows[: lengths[place]]
        finally:
            self.network.train(was_training)
        return [scores[place] for place in range(len(windows))]

    def _score(self, windows: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.floating]:
        device = next(self.network.parameters()).device
        logits = self.network(
            input_ids=padded(windows, self.pad_id, device),
            attention_mask=attention_mask(windows, device),
        ).logits
        scores: npt.NDArray[np.floating] = logits.float().log_softmax(dim=-1).cpu().numpy()
        return scores


@contextmanager
def _fused_attention(network: Any) -> Iterator[None]:
    """Attention as torch fuses it, where the family has it: slow to learn with, fast to predict."""
    if not network._supports_sdpa:
        yield
        return
    before = network.config._attn_implementation
    network.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        network.set_attn_implementation(before)
