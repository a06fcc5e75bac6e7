"""Loading networks from local folders: never the network, never foreign code, never a pickle."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig
from transformers.utils import logging

from pharmaner.errors import EncoderError, OutputError
from pharmaner.positions import check_window


def load_pretrained(auto_class: Any, folder: Path | None, **options: Any) -> Any:
    """What ``auto_class.from_pretrained`` makes of a folder, in fp32 with eager attention.

    Without a folder, ``options`` hold the configuration and the weights.

    Raises:
        EncoderError: when transformers cannot read the folder; one line says why.
    """
    with quiet():
        try:
            return auto_class.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
                attn_implementation="eager",
                **options,
            )
        except UnpicklingError:
            raise EncoderError(
                f"{folder}: its weights are a pickle of more than tensors, which is never read"
            ) from None
        except Exception as error:  # transformers raises whatever a foreign folder leads to
            raise EncoderError(f"{folder}: {_reason(error)}") from error


def save_pretrained(
    network: torch.nn.Module, folder: Path, weights: dict[str, torch.Tensor] | None = None
) -> None:
    """Write config.json and model.safetensors, of all the network's weights or of these.

    Raises:
        OutputError: when the disk cannot be written to, or is full.
    """
    with quiet():
        try:
            network.save_pretrained(folder, state_dict=weights)  # type: ignore[operator]
        except SafetensorError as error:
            raise OutputError(f"{folder}: cannot be written: {error}") from error


def load_config(folder: Path, **changes: Any) -> Any:
    """A folder's configuration as transformers read it, with some values changed.

    Raises:
        EncoderError: when transformers cannot read it; one line says why.
    """
    with quiet():
        try:
            return AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **changes
            )
        except Exception as error:  # transformers raises whatever a foreign configuration leads to
            raise EncoderError(f"{folder}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What an exception says, on one line; its type where that alone would say little."""
    first, _, rest = str(error).strip().partition("\n")
    line = f"{first} {rest.strip().partition(chr(10))[0]}" if first.endswith(":") else first
    is_sentence = isinstance(error, OSError | ValueError) and line
    return line if is_sentence else f"{type(error).__name__}: {line}"


def check_readable(config: Any, window: int, key: str) -> None:
    """Check that a network of this configuration can read windows of so many pieces.

    Raises:
        RecipeError: when it cannot; ``key`` is the recipe's that says how many.
    """
    positions = getattr(config, "max_position_embeddings", None)
    pad_id = getattr(config, "pad_token_id", None) or 0
    check_window(config.model_type, positions, pad_id, window, key)


def pad_id_of(network: torch.nn.Module) -> int:
    """The vocabulary index of a network's padding."""
    return int(network.config.pad_token_id or 0)  # type: ignore[union-attr,arg-type]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' report that the head is fresh, and its progress bars."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()  # type: ignore[no-untyped-call]
