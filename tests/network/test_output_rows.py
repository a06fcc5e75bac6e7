"""A further training: what the start's output layer knows of a tag, and of no other, is kept."""

from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForTokenClassification

from pharmaner.labels import LabelScheme, Tagging
from pharmaner.network.tagger_network import new_network
from pharmaner.recipe import Recipe, TextSection
from tests.network.test_encoder_families import FAMILIES

KNOWN = LabelScheme(("DISEASE", "DRUG", "PROTEIN"))
RECIPE = Recipe(text=TextSection(window=64, context=8))


def tagger(family: str, folder: Path) -> dict[str, torch.Tensor]:
    """Write a random tagger for the known tags; its weights."""
    names = dict(enumerate(KNOWN.tags))
    shape = FAMILIES[family][1]
    config = AutoConfig.for_model(family, vocab_size=50, id2label=names, **shape)
    torch.manual_seed(1)
    network = AutoModelForTokenClassification.from_config(config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    network.save_pretrained(folder)
    weights: dict[str, torch.Tensor] = network.state_dict()
    return weights


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "scheme",
    [
        KNOWN,
        LabelScheme(("DRUG", "PROTEIN")),
        LabelScheme(("PROTEIN", "DRUG", "DISEASE")),
        LabelScheme(("DRUG", "GENE", "PROTEIN")),
        LabelScheme(("DRUG",), Tagging.BIOES),
    ],
    ids=lambda scheme: "-".join([*scheme.types, scheme.tagging]),
)
def test_a_tags_row_goes_with_its_name(family: str, scheme: LabelScheme, tmp_path: Path) -> None:
    before = tagger(family, tmp_path)
    torch.manual_seed(2)
    network = new_network(tmp_path, scheme, RECIPE)
    rows = 0
    for name, weights in network.named_parameters():
        if weights.shape[:1] != (len(scheme.tags),) or "classifier" not in name:
            assert torch.equal(weights, before[name])
            continue
        for tag, row in zip(scheme.tags, weights, strict=True):
            if tag in KNOWN.tags:
                assert torch.equal(row, before[name][KNOWN.tags.index(tag)])
            else:
                assert not any(torch.equal(row, other) for other in before[name])
                assert float(row.detach().abs().max()) < 0.2
            rows += 1
    assert rows == 2 * len(scheme.tags)


def test_new_rows_follow_from_the_seed(tmp_path: Path) -> None:
    tagger("bert", tmp_path)
    scheme = LabelScheme(("DRUG", "GENE", "PROTEIN"))
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(new_network(tmp_path, scheme, RECIPE).state_dict()["classifier.weight"])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_an_encoder_without_an_output_layer_gets_a_fresh_one(tmp_path: Path) -> None:
    config = AutoConfig.for_model("bert", vocab_size=50, **FAMILIES["bert"][1])
    AutoModelForTokenClassification.from_config(config).save_pretrained(tmp_path)
    torch.manual_seed(0)
    weights = new_network(tmp_path, KNOWN, RECIPE).state_dict()["classifier.weight"]
    assert weights.shape == (len(KNOWN.tags), 32)
    assert 0.01 < float(weights.detach().std()) < 0.03
