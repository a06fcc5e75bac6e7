"""An encoder's folder in the Hugging Face layout: what must be in it."""

import json
from pathlib import Path

from pharmaner.encoders.int8 import INT8_WEIGHTS
from pharmaner.errors import EncoderError
from pharmaner.model_folder import ONNX_WEIGHTS, TORCH_WEIGHTS

PICKLED_WEIGHTS = "pytorch_model.bin"
WEIGHTS = (
    TORCH_WEIGHTS,
    INT8_WEIGHTS,
    "model.safetensors.index.json",
    PICKLED_WEIGHTS,
    ONNX_WEIGHTS,
)
TOKENIZERS = ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spm.model", "vocab.json")


def check_encoder_folder(folder: Path) -> None:
    """Check that a folder holds a configuration, weights and a tokenizer.

    Raises:
        EncoderError: naming what is missing, or that config.json asks for code of its own.
    """
    if not folder.is_dir():
        raise EncoderError(f"{folder}: no such folder")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        model_type = config["model_type"]
    except FileNotFoundError:
        raise EncoderError(f"{folder}: holds no config.json") from None
    except (ValueError, KeyError, TypeError):
        raise EncoderError(f"{folder}/config.json: holds no JSON with a model_type") from None
    if "auto_map" in config:
        raise EncoderError(f"{folder}: {model_type} needs code from its folder, which is never run")
    for kind, names in (("weights", WEIGHTS), ("tokenizer", TOKENIZERS)):
        if not any((folder / name).is_file() for name in names):
            raise EncoderError(f"{folder}: holds no {kind}; one of {', '.join(names)} is accepted")
