import pytest
import torch
from transformers import get_linear_schedule_with_warmup

from pharmaner.labels import LabelScheme
from pharmaner.network.tagger_network import new_network
from pharmaner.recipe import Recipe
from pharmaner.training.optimizer import learning_rate_share, new_optimizer


@pytest.mark.parametrize(("steps", "warmup"), [(10, 0.1), (100, 0.25), (37, 0.0), (1, 0.1)])
def test_the_schedule_is_that_of_transformers_one_warmup_step_ahead(
    steps: int, warmup: float
) -> None:
    # transformers wastes the first step at rate 0; ours begins where its second step is
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    rising = round(warmup * steps)
    schedule = get_linear_schedule_with_warmup(optimizer, rising, steps)
    theirs = []
    for _ in range(steps):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    ours = [learning_rate_share(step, steps, warmup) for step in range(steps)]
    assert ours[: max(rising - 1, 0)] == pytest.approx(theirs[1:rising])
    assert ours[rising:] == pytest.approx(theirs[rising:])


def test_every_parameter_is_in_the_group_of_its_part_and_shape(tiny_recipe: Recipe) -> None:
    from pathlib import Path

    network = new_network(Path(tiny_recipe.encoder.name), LabelScheme(("A",)), tiny_recipe)
    section = tiny_recipe.training
    rates = {}
    for group in new_optimizer(network, section).param_groups:
        for parameter in group["params"]:
            assert id(parameter) not in rates
            rates[id(parameter)] = (group["peak"], group["weight_decay"])
    for name, parameter in network.named_parameters():
        peak = section.head_learning_rate if "classifier" in name else section.learning_rate
        is_plain = name.endswith("bias") or "LayerNorm" in name
        assert rates[id(parameter)] == (peak, 0.0 if is_plain else section.weight_decay), name


def test_each_layer_takes_a_share_of_the_rate_of_the_layer_above(tiny_recipe: Recipe) -> None:
    from pathlib import Path

    network = new_network(Path(tiny_recipe.encoder.name), LabelScheme(("A",)), tiny_recipe)
    section = tiny_recipe.training.model_copy(update={"layer_decay": 0.5})
    groups = new_optimizer(network, section).param_groups
    rates = {id(p): group["peak"] for group in groups for p in group["params"]}
    share = {"classifier": None, "layer.1.": 1.0, "layer.0.": 0.5, "embeddings": 0.25}
    for name, parameter in network.named_parameters():
        (part,) = (part for part in share if part in name)
        expected = section.learning_rate * (share[part] or 0) or section.head_learning_rate
        assert rates[id(parameter)] == pytest.approx(expected), name
