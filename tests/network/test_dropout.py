"""Dropout, held to torch's."""

import pytest
import torch

from pharmaner.network.dropout import QuickDropout, draw_dropout_quickly

SHARE = 0.1


def passed(module: torch.nn.Module, seed: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    torch.manual_seed(seed)
    output: torch.Tensor = module(torch.ones(64, 50, 100, dtype=dtype))
    return output


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_drops_and_scales_as_torch_does(dtype: torch.dtype) -> None:
    ours = passed(QuickDropout(SHARE), 0, dtype)
    torchs = passed(torch.nn.Dropout(SHARE), 0, dtype)
    assert ours.dtype == torchs.dtype
    assert float((ours == 0).float().mean()) == pytest.approx(SHARE, abs=0.003)
    assert torch.allclose(ours.max(), torchs.max(), rtol=0.01)
    assert float(ours.float().mean()) == pytest.approx(1, abs=0.01)


def test_what_is_dropped_follows_from_torchs_random_state() -> None:
    dropout = QuickDropout(SHARE)
    assert torch.equal(passed(dropout, 3), passed(dropout, 3))
    assert not torch.equal(passed(dropout, 3), passed(dropout, 4))
    torch.manual_seed(3)
    ones = torch.ones(100)
    assert not torch.equal(dropout(ones), dropout(ones)), "two layers drop the same units"


def test_no_unit_is_dropped_more_often_than_its_neighbours() -> None:
    kept = passed(QuickDropout(0.5), 1) > 0
    by_place = kept.float().mean(dim=(0, 1))
    deviation = (0.25 / (64 * 50)) ** 0.5
    assert float((by_place - 0.5).abs().max()) < 5 * deviation


def test_a_dropped_unit_has_no_gradient_and_a_kept_one_its_scale() -> None:
    inputs = torch.ones(1000, requires_grad=True)
    torch.manual_seed(0)
    output = QuickDropout(SHARE)(inputs)
    output.sum().backward()
    assert inputs.grad is not None
    assert torch.equal(inputs.grad, output.detach())


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_nothing_changes_outside_of_training(share: float) -> None:
    inputs = torch.randn(100)
    assert torch.equal(QuickDropout(share).eval()(inputs), inputs)
    assert torch.equal(QuickDropout(0.0)(inputs), inputs)


def test_even_a_share_next_to_one_gives_numbers() -> None:
    assert bool(torch.isfinite(passed(QuickDropout(1 - 1e-9), 0)).all())


def test_every_dropout_of_a_network_is_replaced_and_keeps_its_share() -> None:
    inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.2))
    network = torch.nn.Sequential(inner, torch.nn.Dropout(0.3))
    draw_dropout_quickly(network)
    found = [module for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    assert [(type(each), each.p) for each in found] == [(QuickDropout, 0.2), (QuickDropout, 0.3)]
