"""AdamW with a rate of its own for the fresh head; linear warm-up, then linear decay to 0."""

import re

import torch

from pharmaner.recipe import TrainingSection

_LAYER = re.compile(r"\.(\d+)\.")
"""A layer's number in a parameter's name, as in ``encoder.layer.7.output.dense.weight``."""


def new_optimizer(network: torch.nn.Module, section: TrainingSection) -> torch.optim.AdamW:
    """AdamW over groups: encoder and head, with and without weight decay, by the rates of layers.

    Biases and normalisation weights (all of one dimension) do not decay. Each group has its
    highest learning rate under ``peak`` and says whether it ``is_encoder``.
    """
    below_top = _layers_below_top(network)
    groups: dict[tuple[float, float, bool], list[torch.nn.Parameter]] = {}
    for parameter in network.parameters():
        is_encoder = id(parameter) in below_top
        peak = section.head_learning_rate
        if is_encoder:
            peak = section.learning_rate * section.layer_decay ** below_top[id(parameter)]
        decay = section.weight_decay if parameter.dim() > 1 else 0.0
        groups.setdefault((peak, decay, is_encoder), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": members, "peak": peak, "weight_decay": decay, "is_encoder": is_encoder}
            for (peak, decay, is_encoder), members in groups.items()
        ],
        fused=True,
    )


def _layers_below_top(network: torch.nn.Module) -> dict[int, int]:
    """How many layers are above each of the encoder's parameters, by the parameter's ``id``.

    All layers are above the embeddings, none above what is no embedding and in no layer.
    """
    named = list(network.base_model.named_parameters())  # type: ignore[union-attr]
    layer_of = {name: int(found[1]) for name, _ in named if (found := _LAYER.search(name))}
    layers = max(layer_of.values(), default=-1) + 1
    outside = {name: -1 if "embed" in name else layers - 1 for name, _ in named}
    place = outside | layer_of
    return {id(parameter): layers - 1 - place[name] for name, parameter in named}


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
