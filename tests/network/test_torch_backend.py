from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForTokenClassification

from pharmaner.network import torch_backend
from pharmaner.network.torch_backend import TorchBackend

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 50}
PAD = 3


def windows(*lengths: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(5, 50, length) for length in lengths]


def new_network(family: str) -> torch.nn.Module:
    config = AutoConfig.for_model(family, intermediate_size=64, pad_token_id=PAD, **SIZE)
    torch.manual_seed(0)
    return AutoModelForTokenClassification.from_config(config, attn_implementation="eager")


@pytest.mark.parametrize("bound", [30, 2_048])
@pytest.mark.parametrize("family", ["bert", "deberta-v2"])
@pytest.mark.parametrize("is_training", [True, False])
def test_scores_are_those_of_eager_attention_alone_and_the_network_is_left_as_it_was(
    family: str, is_training: bool, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_backend, "BATCH_PIECES", bound)
    network = new_network(family)
    given = windows(24, 10, 1, 23, 10)
    network.eval()
    with torch.inference_mode():
        alone = [network(torch.from_numpy(window)[None]).logits[0] for window in given]
    network.train(is_training)
    scores = TorchBackend(network, PAD).log_probabilities(given)
    for logits, scored in zip(alone, scores, strict=True):
        assert scored == pytest.approx(logits.log_softmax(-1).numpy(), abs=1e-5)
    assert network.training is is_training
    assert network.config._attn_implementation == "eager"


def test_batches_of_some_threads_score_as_one_thread_and_torch_keeps_its_own() -> None:
    network, given = new_network("bert"), windows(*range(1, 100))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = TorchBackend(network, PAD).log_probabilities(given)
        torch.set_num_threads(4)
        together = TorchBackend(network, PAD).log_probabilities(given)
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-5)


def test_batches_stay_below_their_bound_unless_one_window_is_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch_backend, "BATCH_PIECES", 70)
    network = new_network("bert")
    shapes: list[tuple[int, int]] = []

    def look(_: object, __: tuple[object, ...], inputs: dict[str, torch.Tensor]) -> None:
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        shapes.append(tuple(ids.shape))
        assert (ids[mask == 0] == PAD).all()
        assert (mask.diff(dim=1) <= 0).all()

    network.register_forward_pre_hook(look, with_kwargs=True)
    TorchBackend(network, PAD).log_probabilities(windows(*range(1, 30), 90, 90))
    assert any(rows > 1 for rows, _ in shapes)
    assert shapes.count((1, 90)) == 2
    assert all(rows == 1 or rows * length <= 70 for rows, length in shapes)
    assert sum(rows for rows, _ in shapes) == 31
