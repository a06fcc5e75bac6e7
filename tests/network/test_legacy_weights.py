"""Weights of the hub's early days: pickles, of which only tensors are ever read."""

import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pharmaner.errors import EncoderError
from pharmaner.labels import LabelScheme
from pharmaner.network.tagger_network import new_network
from pharmaner.recipe import Recipe

SCHEME = LabelScheme(("DRUG",))


class Command:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def legacy(tiny_bert: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "legacy"
    shutil.copytree(tiny_bert, folder)
    (folder / "model.safetensors").unlink()
    return folder


def test_tensors_are_read_from_a_bin_file(
    legacy: Path, tiny_bert: Path, tiny_recipe: Recipe
) -> None:
    tensors = load_file(tiny_bert / "model.safetensors")
    torch.save(tensors, legacy / "pytorch_model.bin")
    found = new_network(legacy, SCHEME, tiny_recipe).state_dict()
    for name, tensor in tensors.items():
        if not name.startswith("pooler"):
            assert torch.equal(found[f"bert.{name}"], tensor)


def test_nothing_else_in_a_bin_file_is_run(
    legacy: Path, tmp_path: Path, tiny_recipe: Recipe
) -> None:
    torch.save({"weights": Command(tmp_path / "run")}, legacy / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="legacy: its weights are a pickle of more than tensors"):
        new_network(legacy, SCHEME, tiny_recipe)
    assert not (tmp_path / "run").exists()
