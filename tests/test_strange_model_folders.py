"""A model folder from a stranger is data: nothing in it is run, and every lie is one line."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pharmaner.errors import InputError, ModelFolderError, RecipeError
from pharmaner.model_folder import open_model_folder
from pharmaner.report.trained_model import read_trained_model
from pharmaner.storage import sha256
from pharmaner.tagger import Tagger

TEXT = "Toma litio 5mg."
Model = Path


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "model")


def vouched(model: Path, name: str, content: bytes) -> Path:
    """Write a file and have the manifest vouch for it, as a stranger can."""
    (model / name).write_bytes(content)
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"][name] = sha256(model / name)
    (model / "manifest.json").write_text(json.dumps(manifest))
    return model / name


def altered(model: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change a JSON file, vouched for."""
    content = json.loads((model / name).read_text())
    change(content)
    if name == "manifest.json":
        (model / name).write_text(json.dumps(content))
        return model / name
    return vouched(model, name, json.dumps(content).encode())


def refusal(model: Path, kind: type[InputError] = ModelFolderError) -> str:
    with pytest.raises(kind) as caught:
        Tagger.load(model).predict(TEXT)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(str(model))
    return message.removeprefix(f"{model}").removeprefix("/").removeprefix(": ")


class Payload:
    """Runs code when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


def test_files_that_nobody_vouches_for_are_never_read(model: Path, trained: Path) -> None:
    ran = model.parent / "ran"
    for name in ("pytorch_model.bin", "training_args.bin", "model.pt"):
        (model / name).write_bytes(pickle.dumps(Payload(ran)))
    for name in ("modeling_bert.py", "__init__.py", "tokenization_bert.py"):
        (model / name).write_text(f"open({str(ran)!r}, 'w')")
    (model / "adapter_config.json").write_text('{"base_model_name_or_path": "/nowhere"}')
    (model / "model.safetensors.index.json").write_text('{"weight_map": {"x": "../../x"}}')
    (model / "loop").symlink_to(model)
    assert Tagger.load(model).predict(TEXT) == Tagger.load(trained).predict(TEXT)
    assert not ran.exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "manifest.json"])
def test_a_link_is_refused_even_to_the_right_content(model: Path, name: str) -> None:
    (model / name).rename(model.parent / "elsewhere")
    (model / name).symlink_to(model.parent / "elsewhere")
    assert refusal(model) == f"{name} is a link; plain files are accepted"


def test_the_folder_itself_may_be_a_link(model: Path) -> None:
    (model.parent / "link").symlink_to(model)
    assert open_model_folder(model.parent / "link").scheme == open_model_folder(model).scheme


def test_code_of_its_own_is_refused(model: Path) -> None:
    auto_map = {"AutoModelForTokenClassification": "evil.Model", "AutoConfig": "evil.Config"}
    altered(model, "config.json", lambda config: config.update(auto_map=auto_map))
    (model / "evil.py").write_text("raise SystemExit('ran')")
    assert refusal(model) == "config.json: asks for code from its folder, which is never run"


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000, b"\xff", b"{}", b"null"]
)
@pytest.mark.parametrize("name", ["config.json", "manifest.json"])
def test_json_that_is_deep_long_or_something_else(model: Path, name: str, content: bytes) -> None:
    if name == "manifest.json":
        (model / name).write_bytes(content)
        assert refusal(model) == "manifest.json: is not a manifest"
    else:
        vouched(model, name, content)
        assert refusal(model) == "config.json: is not the configuration of a tagger"


@pytest.mark.parametrize("name", ["config.json", "recipe.toml", "manifest.json"])
def test_a_description_without_end_is_not_read_to_its_end(model: Path, name: str) -> None:
    content = (model / name).read_bytes() + b" " * (1 << 24)
    vouched(model, name, content)
    (model / name).write_bytes(content)
    assert refusal(model) == f"{name}: is too large; up to 16 MiB are accepted"


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": None},
        {"metrics": {"dev": "high"}},
        {"versions": {"torch": 2}},
        {"versions": []},
        {"export": None},
    ],
)
def test_a_manifest_that_describes_itself_otherwise(model: Path, change: dict[str, Any]) -> None:
    altered(model, "manifest.json", lambda m: m.update(change))
    assert refusal(model) == "manifest.json: is not a manifest"


@pytest.mark.parametrize("content", [b"[" * 100_000, b"[]", b'{"temperature": "hot"}', b"\xff"])
def test_a_calibration_that_is_none(model: Path, content: bytes) -> None:
    vouched(model, "calibration.json", content)
    assert refusal(model) == "calibration.json: names no temperature"


@pytest.mark.parametrize("temperature", ["1e-320", "NaN", "-1", "0", "11"])
def test_a_temperature_that_none_is_fitted_to(model: Path, temperature: str) -> None:
    vouched(model, "calibration.json", f'{{"temperature": {temperature}}}'.encode())
    assert refusal(model).endswith("; 0.1 to 10.0 is accepted")


def test_a_temperature_beyond_any_number(model: Path) -> None:
    vouched(model, "calibration.json", f'{{"temperature": 1{"0" * 400}}}'.encode())
    assert refusal(model) == "calibration.json: names no temperature"


def test_names_in_a_manifest_that_are_no_names(model: Path) -> None:
    for name in ("a\nb", "\ud800", "x" * 5000, "a\x00b", "\x1b[31m", "..", "/", "C:\\x"):
        altered(model, "manifest.json", lambda m, name=name: m.update(files={name: "00"}))
        assert "is missing" in (message := refusal(model)) or "cannot be read" in message
        assert message.isprintable()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id2label": {"0": "O"}}, "config.json: its labels are not those of recipe.toml"),
        ({"num_hidden_layers": 10**9}, "1000000000 layers, 39 tensors"),
        ({"num_hidden_layers": 1}, "config.json needs"),
        ({"hidden_size": 10**7, "num_attention_heads": 1}, "config.json needs"),
        ({"vocab_size": 10**12}, "config.json needs"),
        ({"max_position_embeddings": 10**13}, "config.json needs"),
        ({"hidden_size": "many"}, "cannot be loaded"),
        ({"model_type": "no-such-type"}, "cannot be loaded"),
        ({"model_type": "llama"}, "cannot be loaded"),
        ({"hidden_act": "evil"}, "cannot be loaded"),
    ],
)
def test_a_configuration_that_does_not_fit_costs_nothing(
    model: Path, change: dict[str, Any], message: str
) -> None:
    altered(model, "config.json", lambda config: config.update(change))
    assert message in refusal(model)


def test_weights_whose_header_lies(model: Path) -> None:
    content = (model / "model.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length]
    name = next(key for key in json.loads(header) if key.endswith("query.weight"))
    for lie in (
        (2**63).to_bytes(8, "little") + content[8:],
        (length + 1).to_bytes(8, "little") + content[8:],
        content[:8] + header.replace(b'"F32"', b'"F64"', 1) + content[8 + length :],
        content[:8] + header.replace(b"[32,32]", b"[32,31]", 1) + content[8 + length :],
        content[:-4],
        b"",
    ):
        vouched(model, "model.safetensors", lie)
        assert "its network cannot be loaded" in refusal(model)
    renamed = header.replace(name.encode(), name.replace("query", "quary").encode())
    vouched(model, "model.safetensors", content[:8] + renamed + content[8 + length :])
    assert "config.json and model.safetensors differ in" in refusal(model)


def test_what_does_not_fit_together_is_refused(model: Path) -> None:
    recipe = (model / "recipe.toml").read_text()
    vouched(model, "recipe.toml", recipe.replace("window = 32", "window = 512").encode())
    with pytest.raises(RecipeError, match="512 pieces; the encoder has 256 positions"):
        Tagger.load(model)
    types = recipe[recipe.index("types = ") : recipe.index("ignore = ")]
    vouched(model, "recipe.toml", recipe.replace(types, "types = []\n").encode())
    assert refusal(model) == "recipe.toml: a label scheme needs distinct types, found ()"
    vouched(model, "recipe.toml", b"\xff")
    assert refusal(model) == "recipe.toml: is not UTF-8"
    vouched(model, "recipe.toml", recipe.encode())
    altered(model, "manifest.json", lambda m: m.update(pad_id=-1))
    assert "manifest.json pads with piece -1" in refusal(model)


def tokenizer_with(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    altered(model, "tokenizer.json", change)


def test_tokenizers_that_are_none_or_do_not_fit(model: Path) -> None:
    whole = (model / "tokenizer.json").read_bytes()
    for content in (b"", b"{}", b"[" * 100_000, whole[:-10]):
        vouched(model, "tokenizer.json", content)
        assert refusal(model).startswith("tokenizer.json: cannot be used: ")
    vouched(model, "tokenizer.json", whole)
    tokenizer_with(model, lambda t: t["model"]["vocab"].update(beyond=10**6))
    assert "tokenizer.json has piece 1000000; the network knows" in refusal(model)
    vouched(model, "tokenizer.json", whole)
    empty = {"type": "Replace", "pattern": {"Regex": "."}, "content": ""}
    tokenizer_with(model, lambda t: t.update(normalizer=empty))
    assert "gives a letter no piece" in refusal(model)


def test_a_pattern_that_backtracks_without_end_is_given_up(model: Path) -> None:
    split = {
        "type": "Split",
        "pattern": {"Regex": "(t+)+$"},
        "behavior": "Isolated",
        "invert": False,
    }
    tokenizer_with(model, lambda t: t["pre_tokenizer"]["pretokenizers"].insert(0, split))
    tagger = Tagger.load(model)
    assert tagger.predict("Toma litio 5mg.").text == "Toma litio 5mg."
    with pytest.raises(InputError, match="the tokenizer cannot cut a text into pieces"):
        tagger.predict("t" * 40 + "!")


def test_a_card_that_nobody_vouches_for_is_not_shown(model: Path, tmp_path: Path) -> None:
    assert open_model_folder(model).card == (model / "README.md").read_text(encoding="utf-8")
    (tmp_path / "secret").write_text("secret")
    (model / "README.md").unlink()
    (model / "README.md").symlink_to(tmp_path / "secret")
    manifest = json.loads((model / "manifest.json").read_text())
    del manifest["files"]["README.md"]
    (model / "manifest.json").write_text(json.dumps(manifest))
    assert open_model_folder(model).card == ""
    with pytest.raises(ModelFolderError, match=r"README\.md is missing"):
        read_trained_model(model)
