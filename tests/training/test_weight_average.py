import pytest
import torch

from pharmaner.training.weight_average import averaged, keep_average


@pytest.mark.parametrize("decay", [0.5, 0.2])
def test_the_average_is_that_of_all_steps_weights(decay: float) -> None:
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 2)
    still = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([*network.parameters(), still], lr=0.1, fused=True)
    keep_average(optimizer, decay)
    expected = None
    for step in range(1, 7):
        network(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        weight = network.weight.detach().clone()
        share = min(decay, (1 + step) / (10 + step))
        expected = weight if expected is None else share * expected + (1 - share) * weight
    assert expected is not None
    with averaged(optimizer):
        torch.testing.assert_close(network.weight.detach(), expected)
        assert still.tolist() == [1, 1]
    assert (network.weight == weight).all()
