import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.model_folder import open_model_folder, scheme_of, write_manifest
from pharmaner.recipe import Recipe, load_recipe, parse_recipe
from pharmaner.storage import sha256
from pharmaner.tagger import Tagger

FILES = {
    "README.md",
    "config.json",
    "model.safetensors",
    "recipe.toml",
    "run-log.jsonl",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "model")


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFolderError) as caught:
        open_model_folder(folder)
    with pytest.raises(ModelFolderError) as loading:
        Tagger.load(folder)
    assert str(loading.value) == str(caught.value)
    return str(caught.value)


def alter_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_copied_folder_opens_with_the_recipe_it_was_trained_by(model: Path) -> None:
    opened = open_model_folder(model)
    assert opened.path == model
    assert opened.recipe == parse_recipe((model / "recipe.toml").read_text(), "recipe.toml")
    assert opened.recipe.corpus.types == ["DRUG", "PROTEIN"]
    assert opened.pad_id == 0
    by_index = json.loads((model / "config.json").read_text())["id2label"]
    assert opened.scheme.tags == tuple(by_index[str(place)] for place in range(len(by_index)))


def test_the_manifest_vouches_for_every_file_and_for_no_other(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    assert set(manifest["files"]) == FILES
    assert {path.name for path in model.iterdir()} == FILES | {"manifest.json"}
    assert manifest["format"] == 1
    assert manifest["plain_transformers"] == "exact"


def test_a_file_that_the_manifest_does_not_name_is_disregarded(model: Path) -> None:
    (model / "notes.txt").write_text("ours")
    assert open_model_folder(model).recipe.corpus.types == ["DRUG", "PROTEIN"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    assert refusal(model) == f"{model}: {name} is missing"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_with_one_bit_altered_is_named(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    assert refusal(model) == (f"{model / name}: is not the file that manifest.json vouches for")


@pytest.mark.parametrize("change", [b"", b"\n"])
def test_a_file_cut_or_longer_is_named(model: Path, change: bytes) -> None:
    file = model / "model.safetensors"
    file.write_bytes(file.read_bytes() + change if change else file.read_bytes()[:-1])
    assert refusal(model) == f"{file}: is not the file that manifest.json vouches for"


def test_a_newer_format_is_refused_whatever_else_changed_in_it(model: Path) -> None:
    alter_manifest(model, lambda manifest: manifest.update(format=2))
    assert refusal(model) == f"{model}: format 2; this version reads format 1"
    (model / "manifest.json").write_text('{"format": 3, "hashes": []}')
    assert refusal(model) == f"{model}: format 3; this version reads format 1"


def test_no_folder_and_no_manifest_are_told_apart(model: Path) -> None:
    assert refusal(model / "absent") == (
        f"{model / 'absent'}: no such folder; a folder that `train` wrote is accepted"
    )
    file = model / "config.json"
    assert refusal(file) == f"{file}: no such folder; a folder that `train` wrote is accepted"
    (model / "manifest.json").unlink()
    assert refusal(model) == f"{model}: holds no manifest.json, so it is no model folder"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"3",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "files": {}}',
        b'{"format": 1, "files": ["recipe.toml"], "pad_id": 0}',
        b'{"format": 1, "files": {}, "pad_id": null}',
        b'{"format": 1, "files": {}, "pad_id": "zero"}',
    ],
)
def test_a_manifest_that_is_none_is_refused(model: Path, content: bytes) -> None:
    (model / "manifest.json").write_bytes(content)
    assert refusal(model) == f"{model / 'manifest.json'}: is not a manifest"


def test_a_manifest_cannot_point_out_of_its_folder(model: Path) -> None:
    outside = model.parent / "secret"
    outside.write_text("x")
    (model / "sub").mkdir()
    (model / "sub" / "inner").write_text("x")
    for name in ("../secret", str(outside), "sub/inner", "sub/../config.json", "", "."):
        alter_manifest(model, lambda m, name=name: m.update(files={name: sha256(outside)}))
        assert refusal(model) == f"{model}: {name} is missing"


@pytest.mark.parametrize("name", ["recipe.toml", "tokenizer.json", "config.json"])
def test_what_the_prediction_rests_on_must_be_vouched_for(model: Path, name: str) -> None:
    alter_manifest(model, lambda manifest: manifest["files"].pop(name))
    assert refusal(model) == f"{model}: manifest.json does not vouch for {name}"


def test_weights_of_some_kind_must_be_vouched_for(model: Path) -> None:
    alter_manifest(model, lambda manifest: manifest["files"].pop("model.safetensors"))
    assert refusal(model) == (
        f"{model}: manifest.json vouches for neither model.safetensors nor model.onnx"
    )


def test_a_written_manifest_holds_the_files_hashes_and_the_content(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(Recipe().as_toml())
    (tmp_path / "config.json").write_bytes(b"abc")
    (tmp_path / "sub").mkdir()
    write_manifest(tmp_path, {"pad_id": 7, "note": "ñ"})
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest.keys() == {"format", "pad_id", "note", "files"}
    assert (manifest["pad_id"], manifest["note"]) == (7, "ñ")
    assert manifest["files"].keys() == {"recipe.toml", "config.json"}
    assert manifest["files"]["config.json"] == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_scheme_has_the_types_then_the_auxiliary_ones() -> None:
    settings = ["corpus.types=['Z', 'A']", "corpus.auxiliary=['M']", "network.tagging=BIOES"]
    scheme = scheme_of(load_recipe("default", settings))
    assert scheme == LabelScheme(("Z", "A", "M"), Tagging.BIOES)
