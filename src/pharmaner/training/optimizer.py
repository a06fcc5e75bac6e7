"""AdamW with a rate of its own for the fresh head; linear warm-up, then linear decay to 0."""

import torch

from pharmaner.recipe import TrainingSection


def new_optimizer(network: torch.nn.Module, section: TrainingSection) -> torch.optim.AdamW:
    """AdamW over four groups: encoder and head, with and without weight decay.

    Biases and normalisation weights (all of one dimension) do not decay. Each group has its
    highest learning rate under ``peak`` and says whether it ``is_encoder``.
    """
    encoder = {id(parameter) for parameter in network.base_model.parameters()}  # type: ignore[union-attr]
    groups = []
    for peak, is_encoder in (
        (section.learning_rate, True),
        (section.head_learning_rate, False),
    ):
        members = [p for p in network.parameters() if (id(p) in encoder) is is_encoder]
        for decay, dimensions in ((section.weight_decay, True), (0.0, False)):
            chosen = [p for p in members if (p.dim() > 1) is dimensions]
            group = {"params": chosen, "peak": peak, "weight_decay": decay}
            groups.append({**group, "is_encoder": is_encoder})
    return torch.optim.AdamW([group for group in groups if group["params"]], fused=True)


def learning_rate_share(step: int, steps: int, warmup: float) -> float:
    """Which share of the peak rate a step takes; ``step`` counts from 0.

    A step before 0 takes none. The share rises linearly over the first ``warmup`` of all steps,
    then falls linearly to 0.
    """
    if step < 0:
        return 0.0
    rising = round(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    return (steps - step) / max(1, steps - rising)
