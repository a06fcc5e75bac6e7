"""The torch side of prediction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch


class TorchBackend:
    """Scores batches with a torch network, in fp32 on the device where its weights are."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = network

    def log_probabilities(
        self, input_ids: npt.NDArray[np.int64], attention_mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """See ``pharmaner.prediction.predictor.Backend``."""
        device = next(self.network.parameters()).device
        was_training = self.network.training
        self.network.eval()
        with torch.inference_mode(), _fused_attention(self.network):
            logits = self.network(
                input_ids=torch.from_numpy(input_ids).to(device),
                attention_mask=torch.from_numpy(attention_mask).to(device),
            ).logits
            scores: npt.NDArray[np.floating] = logits.float().log_softmax(dim=-1).cpu().numpy()
        self.network.train(was_training)
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
