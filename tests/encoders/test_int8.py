import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file
from safetensors.torch import save_file
from transformers import AutoModel

from pharmaner.encoders.cache import cached
from pharmaner.encoders.int8 import INT8_WEIGHTS, dequantise, pack_encoder, quantise
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import EncoderError
from pharmaner.network.pretrained import load_pretrained

WEIGHTS = st.floats(-100, 100, width=32, allow_subnormal=False)


@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=WEIGHTS))
def test_every_weight_is_within_half_a_step_of_its_row(matrix: np.ndarray) -> None:
    found = dequantise(quantise({"w": matrix}))["w"]
    highest = np.abs(matrix).max(axis=1, keepdims=True)
    assert (np.abs(found - matrix) <= highest / 127 * 0.5 + highest * 1e-6 + 1e-36).all()


def test_a_step_that_is_rounded_down_to_nothing_turns_no_sign() -> None:
    matrix = np.array([[5.93e-43, -5.93e-43]], dtype=np.float32)
    assert (dequantise(quantise({"w": matrix}))["w"] * matrix >= 0).all()


@given(arrays(np.float32, st.integers(1, 9), elements=WEIGHTS))
def test_vectors_stay_as_they_are(vector: np.ndarray) -> None:
    assert (dequantise(quantise({"b": vector}))["b"] == vector).all()


def test_packing_an_unpacked_encoder_again_changes_nothing(tiny_bert: Path) -> None:
    once = dequantise(quantise(load_file(tiny_bert / "model.safetensors")))
    twice = dequantise(quantise(once))
    assert once.keys() == load_file(tiny_bert / "model.safetensors").keys()
    for name, tensor in once.items():
        np.testing.assert_allclose(twice[name], tensor, rtol=1e-6, atol=1e-9)


def test_a_packed_folder_serves_as_an_encoder(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack_encoder(tiny_bert, tmp_path / "packed")
    sizes = [
        p.stat().st_size
        for p in (tmp_path / "packed" / INT8_WEIGHTS, tiny_bert / "model.safetensors")
    ]
    assert sizes[0] < 0.4 * sizes[1]
    location = find_encoder(str(tmp_path / "packed")).location
    assert tmp_path / "cache" in location.parents
    whole, found = (load_file(p / "model.safetensors") for p in (tiny_bert, location))
    for name, tensor in whole.items():
        assert np.abs(found[name] - tensor).max() <= np.abs(tensor).max() / 127
    for name in ("config.json", "tokenizer.json"):
        assert (location / name).read_bytes() == (tiny_bert / name).read_bytes()
    assert find_encoder(str(tmp_path / "packed")).location == location


def test_a_folder_without_safetensors_cannot_be_packed(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    with pytest.raises(EncoderError, match=r"no model\.safetensors"):
        pack_encoder(tmp_path / "encoder", tmp_path / "packed")
    assert [p.name for p in tmp_path.iterdir()] == ["encoder"]


def test_a_damaged_int8_file_is_one_line(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack_encoder(tiny_bert, tmp_path / "packed")
    (tmp_path / "packed" / INT8_WEIGHTS).write_bytes(b"no tensors")
    with pytest.raises(EncoderError, match="cannot be read"):
        find_encoder(str(tmp_path / "packed"))
    assert not list((tmp_path / "cache").rglob("config.json"))


def test_weights_that_are_only_a_pointer_to_them(tiny_bert: Path, tmp_path: Path) -> None:
    clone = shutil.copytree(tiny_bert, tmp_path / "clone")
    (clone / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(EncoderError, match="cannot be read as safetensors"):
        pack_encoder(clone, tmp_path / "packed")
    with pytest.raises(EncoderError, match="clone: "):
        load_pretrained(AutoModel, clone)


def test_a_corrected_configuration_is_not_taken_from_the_cache(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack_encoder(tiny_bert, tmp_path / "packed")
    first = find_encoder(str(tmp_path / "packed")).location
    config = tmp_path / "packed" / "config.json"
    config.write_text(config.read_text().replace("0.1", "0.2"))
    second = find_encoder(str(tmp_path / "packed")).location
    assert (second / "config.json").read_bytes() == config.read_bytes()
    assert (first / "config.json").read_bytes() != config.read_bytes()


def test_an_encoder_that_another_process_unpacks_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fill(folder: Path) -> None:
        (folder / "x").write_text("mine")
        other = folder.parent / "name-0123"
        other.mkdir()
        (other / "x").write_text("theirs")

    assert (cached("name", "0123", fill) / "x").read_text() == "theirs"
    assert [path.name for path in (tmp_path / "pharmaner" / "encoders").iterdir()] == ["name-0123"]


PACKING = """
import sys
from pharmaner.cli.main import run
sys.argv[1:] = ["pack", *sys.argv[1:]]
run()
"""


def test_a_precision_that_numpy_has_not_is_one_line(tiny_bert: Path, tmp_path: Path) -> None:
    """In a process of its own: what other tests import teaches numpy bf16."""
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    save_file({"w": torch.zeros(2, 2, dtype=torch.bfloat16)}, encoder / "model.safetensors")
    command = [sys.executable, "-c", PACKING, "--encoder", encoder, "--output", tmp_path / "packed"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "cannot be read as safetensors" in line
