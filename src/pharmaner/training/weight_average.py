"""An exponential moving average of the weights, kept with the optimizer's state.

So a checkpoint holds it as it holds the optimizer's moments. The average is what is judged and kept
(Polyak & Juditsky, 1992); it follows faster in the first steps, by (1 + t) / (10 + t) at step t.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_AVERAGE = "average"


def keep_average(optimizer: torch.optim.Optimizer, decay: float) -> None:
    """Have an optimizer average the weights after each of its steps."""

    @torch.no_grad()
    def update(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        for parameter, state in optimizer.state.items():
            if _AVERAGE not in state:
                state[_AVERAGE] = parameter.detach().clone()
            step = float(state["step"])
            share = 1 - min(decay, (1 + step) / (10 + step))
            state[_AVERAGE].lerp_(parameter, share)

    optimizer.register_step_post_hook(update)


def swap_average(optimizer: torch.optim.Optimizer) -> None:
    """Exchange weights and averages; weights without an average stay."""
    for parameter, state in optimizer.state.items():
        if _AVERAGE in state:
            parameter.data, state[_AVERAGE] = state[_AVERAGE], parameter.data


@contextmanager
def averaged(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """The averages in the place of the weights while the block runs."""
    swap_average(optimizer)
    try:
        yield
    finally:
        swap_average(optimizer)
