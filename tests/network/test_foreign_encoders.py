"""Folders that transformers cannot make a network of are refused in one line."""

import json
import shutil
from pathlib import Path

import pytest

from pharmaner.errors import EncoderError
from pharmaner.model_folder import scheme_of
from pharmaner.network.masked_network import masked_network
from pharmaner.network.tagger_network import new_network
from pharmaner.recipe import Recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hidden_size": "x"}, "hidden_size"),
        ({"num_attention_heads": 0}, "ZeroDivisionError: "),
        ({"pad_token_id": 999}, "AssertionError: "),
        ({"hidden_act": "foo"}, "KeyError: .*foo"),
    ],
)
def test_a_configuration_of_no_network_is_one_line(
    tiny_bert: Path, tiny_recipe: Recipe, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    corpus = tiny_recipe.corpus.model_copy(update={"types": ["DRUG"]})
    recipe = tiny_recipe.model_copy(update={"corpus": corpus})
    for attempt in (
        lambda: new_network(folder, scheme_of(recipe), recipe),
        lambda: masked_network(folder),
    ):
        with pytest.raises(EncoderError, match=said) as caught:
            attempt()
        assert str(caught.value).startswith(f"{folder}: ")
        assert "\n" not in str(caught.value)
