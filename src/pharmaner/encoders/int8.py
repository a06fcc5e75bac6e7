"""Encoders in a quarter of their size: int8 with one scale a row, fp32 again on loading.

The folder is one in the Hugging Face layout, with ``model.int8.safetensors`` in the place of
``model.safetensors``: for each matrix ``NAME`` its integers and ``NAME.scale``, one fp32 value a
row; vectors stay in fp32. A weight is its integer times its row's scale.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pharmaner.encoders.cache import cached, folder_hash
from pharmaner.errors import EncoderError
from pharmaner.storage import whole_folder

INT8_WEIGHTS = "model.int8.safetensors"
_SCALE = ".scale"

Tensors = dict[str, npt.NDArray[np.generic]]


def pack_encoder(encoder: Path, output: Path) -> None:
    """Write an encoder folder with its matrices in int8; every other file is copied.

    Raises:
        EncoderError: for an encoder without model.safetensors, or with another file of that name.
    """
    weights = encoder / "model.safetensors"
    if not weights.is_file():
        raise EncoderError(f"{encoder}: holds no model.safetensors, which alone can be packed")
    try:
        tensors = load_file(weights)
    except (SafetensorError, TypeError) as error:  # a TypeError for a precision numpy has not
        raise EncoderError(f"{weights}: cannot be read as safetensors: {error}") from None
    with whole_folder(output) as folder:
        save_file(quantise(tensors), folder / INT8_WEIGHTS)
        for path in sorted(encoder.iterdir()):
            if path.is_file() and path != weights:
                shutil.copyfile(path, folder / path.name)


def unpacked_folder(folder: Path, name: str) -> Path:
    """The fp32 folder of an int8 one, from the cache if it is there."""
    return cached(name, folder_hash(folder), lambda output: _unpack(folder, output))


def quantise(tensors: Mapping[str, npt.NDArray[np.floating]]) -> Tensors:
    """Matrices as int8 and a scale a row, symmetric about 0; everything else in fp32."""
    packed: Tensors = {}
    for name, tensor in tensors.items():
        values = tensor.astype(np.float32)
        if values.ndim != 2:
            packed[name] = values
            continue
        scale = np.abs(values).max(axis=1) / 127
        steps = np.rint(values / np.where(scale > 0, scale, 1)[:, None])
        packed[name] = steps.clip(-127, 127).astype(np.int8)
        packed[name + _SCALE] = scale
    return packed


def dequantise(packed: Mapping[str, npt.NDArray[np.generic]]) -> Tensors:
    """What ``quantise`` wrote, in fp32; each weight is within half its row's scale."""
    tensors: Tensors = {}
    for name, tensor in packed.items():
        if tensor.dtype == np.int8:
            scale = packed[name + _SCALE].astype(np.float32)
            tensors[name] = tensor.astype(np.float32) * scale[:, None]
        elif not name.endswith(_SCALE):
            tensors[name] = tensor
    return tensors


def _unpack(folder: Path, output: Path) -> None:
    try:
        tensors = dequantise(load_file(folder / INT8_WEIGHTS))
    except (OSError, KeyError, SafetensorError, TypeError) as error:
        raise EncoderError(f"{folder / INT8_WEIGHTS}: cannot be read: {error}") from error
    save_file(tensors, output / "model.safetensors", metadata={"format": "pt"})
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != INT8_WEIGHTS:
            shutil.copyfile(path, output / path.name)
