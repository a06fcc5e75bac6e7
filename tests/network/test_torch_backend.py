import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForTokenClassification

from pharmaner.network.torch_backend import TorchBackend

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 50}


@pytest.mark.parametrize("family", ["bert", "deberta-v2"])
@pytest.mark.parametrize("is_training", [True, False])
def test_scores_are_those_of_eager_attention_and_the_network_is_left_as_it_was(
    family: str, is_training: bool
) -> None:
    config = AutoConfig.for_model(family, intermediate_size=64, **SIZE)
    torch.manual_seed(0)
    network = AutoModelForTokenClassification.from_config(config, attn_implementation="eager")
    input_ids = np.random.default_rng(0).integers(5, 50, (4, 24))
    mask = (np.arange(24) < [[24], [10], [1], [23]]).astype(np.int64)
    network.eval()
    with torch.inference_mode():
        logits = network(torch.from_numpy(input_ids), torch.from_numpy(mask)).logits
    expected = logits.log_softmax(-1).numpy()
    network.train(is_training)
    scores = TorchBackend(network).log_probabilities(input_ids, mask)
    assert scores[mask == 1] == pytest.approx(expected[mask == 1], abs=1e-5)
    assert network.training is is_training
    assert network.config._attn_implementation == "eager"
