"""The torch side of prediction."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pharmaner.network.batches import fill_batches
from pharmaner.network.padding import attention_mask, padded
from pharmaner.prediction.processor import usable_cores

BATCH_PIECES = 1_024
"""The most pieces, padding included, that the network sees in one batch of several windows."""

_ONE_AT_A_TIME = Lock()
"""How torch shares its threads out is set for the process, how a network attends for its users."""


class TorchBackend:
    """Scores windows with a torch network, in fp32 on the device where its weights are.

    Windows of like length share a batch, on which their scores depend in the last digits. On the
    processor each of several batches has one core, which is faster than all cores for one after
    another.

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
        batches = list(fill_batches(by_length, lengths, 0, BATCH_PIECES))
        scores: dict[int, npt.NDArray[np.floating]] = {}
        given = [[windows[place] for place in batch] for batch in batches]
        with _ONE_AT_A_TIME, _in_prediction(self.network):
            for batch, scored in zip(batches, self._scored(given), strict=True):
                for place, rows in zip(batch, scored, strict=True):
                    scores[place] = rows[: lengths[place]]
        return [scores[place] for place in range(len(windows))]

    def _scored(
        self, batches: Sequence[Sequence[npt.NDArray[np.int64]]]
    ) -> Iterator[npt.NDArray[np.floating]]:
        cores = torch.get_num_threads()
        threads = min(cores, usable_cores()) if self._device.type == "cpu" else 1
        if threads == 1 or len(batches) == 1:
            yield from map(self._score, batches)
            return
        try:
            with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:
                yield from pool.map(self._score, batches)
        finally:
            torch.set_num_threads(cores)  # it is what later threads begin with, too

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    @torch.inference_mode()
    def _score(self, windows: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.floating]:
        device = self._device
        logits = self.network(
            input_ids=padded(windows, self.pad_id, device),
            attention_mask=attention_mask(windows, device),
        ).logits
        scores: npt.NDArray[np.floating] = logits.float().log_softmax(dim=-1).cpu().numpy()
        return scores


@contextmanager
def _in_prediction(network: torch.nn.Module) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        with _fused_attention(network):
            yield
    finally:
        network.train(was_training)


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
