import json
from pathlib import Path

import pytest

from pharmaner.encoders.folder import check_encoder_folder
from pharmaner.errors import EncoderError

WEIGHTS = [
    "model.safetensors",
    "model.int8.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "model.onnx",
]
TOKENIZERS = ["tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spm.model", "vocab.json"]


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(EncoderError) as caught:
        check_encoder_folder(folder)
    return str(caught.value)


def test_a_saved_encoder_is_accepted(tiny_bert: Path) -> None:
    check_encoder_folder(tiny_bert)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_come_under_any_of_their_names(encoder: Path, name: str) -> None:
    (encoder / "model.safetensors").rename(encoder / name)
    check_encoder_folder(encoder)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_tokenizer_comes_under_any_of_its_names(encoder: Path, name: str) -> None:
    (encoder / "tokenizer.json").rename(encoder / name)
    check_encoder_folder(encoder)


def test_missing_weights_are_named(encoder: Path) -> None:
    (encoder / "model.safetensors").unlink()
    (encoder / "tf_model.h5").write_bytes(b"weights")
    assert refusal(encoder) == (
        f"{encoder}: holds no weights; one of {', '.join(WEIGHTS)} is accepted"
    )


def test_a_missing_tokenizer_is_named(encoder: Path) -> None:
    (encoder / "tokenizer.json").unlink()
    (encoder / "tokenizer_config.json").write_text("{}")
    assert refusal(encoder) == (
        f"{encoder}: holds no tokenizer; one of {', '.join(TOKENIZERS)} is accepted"
    )


def test_a_missing_configuration_is_named(encoder: Path) -> None:
    (encoder / "config.json").unlink()
    assert refusal(encoder) == f"{encoder}: holds no config.json"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[]", b'"model_type"', b"null", b'{"hidden_size": 3}']
)
def test_a_configuration_without_a_model_type_is_refused(encoder: Path, content: bytes) -> None:
    (encoder / "config.json").write_bytes(content)
    assert refusal(encoder) == f"{encoder}/config.json: holds no JSON with a model_type"


def test_code_of_the_folders_own_is_refused(encoder: Path) -> None:
    config = {"model_type": "odd", "auto_map": {"AutoModel": "modeling_odd.OddModel"}}
    (encoder / "config.json").write_text(json.dumps(config))
    assert refusal(encoder) == f"{encoder}: odd needs code from its folder, which is never run"


def test_what_is_no_folder_is_refused(encoder: Path) -> None:
    for path in (encoder / "absent", encoder / "config.json"):
        assert refusal(path) == f"{path}: no such folder"
