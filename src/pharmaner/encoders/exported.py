"""Exported model folders as encoders: written out once in the Hugging Face layout, in fp32."""

import shutil
from pathlib import Path

from safetensors.numpy import save_file

from pharmaner.encoders.cache import cached, folder_hash
from pharmaner.encoders.onnx_parameters import read_parameters
from pharmaner.errors import EncoderError
from pharmaner.model_folder import ONNX_WEIGHTS, open_model_folder, shipped_folder

SHIPPED_ENCODER = "shipped"
"""The name of the tagger in the package, as an encoder."""

_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json")


def shipped_encoder() -> Path:
    """The tagger in the package as an encoder's folder.

    Raises:
        EncoderError: when the package has none.
    """
    folder = shipped_folder()
    if folder is None:
        raise EncoderError(
            f"{SHIPPED_ENCODER}: this version ships no tagger; a name that `pharmaner encoders` "
            "lists as present, a folder or a hub id is accepted"
        )
    return exported_encoder(folder, SHIPPED_ENCODER)


def exported_encoder(folder: Path, name: str) -> Path:
    """The fp32 folder of an exported one, from the cache if it is there under this name.

    Raises:
        ModelFolderError: when it is no model folder, or an altered one.
        EncoderError: when its graph does not hold every parameter.
        MissingExtraError: without the package onnx.
    """
    model = open_model_folder(folder)
    return cached(name, folder_hash(model.path), lambda output: _unpack(model.path, output))


def _unpack(folder: Path, output: Path) -> None:
    parameters = read_parameters(folder, ONNX_WEIGHTS)
    save_file(parameters, output / "model.safetensors", metadata={"format": "pt"})
    for name in _COPIED:
        shutil.copyfile(folder / name, output / name)
