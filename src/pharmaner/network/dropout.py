"""Dropout whose random numbers do not hold up the training."""

import numpy as np
import torch

_LEVELS = 65_536
"""A unit is dropped by a random number of 16 bits."""


class QuickDropout(torch.nn.Dropout):
    """``torch.nn.Dropout`` of a multiple of 1/65,536, its bits drawn by numpy on a processor.

    torch draws each unit's number by itself, on one thread: a tenth of a step in bf16. The bits
    follow from torch's random state, so a training repeats as before.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Drop units and scale the others up, so that the mean stays."""
        dropped = min(round(self.p * _LEVELS), _LEVELS - 1)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        seed = int(torch.randint(2**63 - 1, ()))
        bits = np.random.Generator(np.random.SFC64(seed)).bytes(2 * input.numel())
        kept = torch.from_numpy(np.frombuffer(bits, np.uint16) >= dropped).view(input.shape)
        return input * (kept.to(input.dtype) * (_LEVELS / (_LEVELS - dropped)))


def draw_dropout_quickly(network: torch.nn.Module) -> None:
    """Put ``QuickDropout`` in the place of every ``torch.nn.Dropout``."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(parent, name, QuickDropout(child.p))
