"""The model folder of a finished training."""

import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from pharmaner import __version__
from pharmaner.model_folder import scheme_of, write_manifest
from pharmaner.network.encoder_tokenizer import save_tokenizer
from pharmaner.network.tagger_network import crf_of, save_network
from pharmaner.storage import whole_folder, write_text
from pharmaner.training.model_card import model_card
from pharmaner.training.preparation import Prepared


def write_model_folder(
    output: Path,
    network: torch.nn.Module,
    prepared: Prepared,
    history: list[dict[str, Any]],
    kept_epoch: int,
    files: Sequence[Path],
    pad_id: int,
) -> None:
    """Write a network with all that predicts with it and says how it came to be.

    Args:
        output: the folder; must not exist or be empty.
        network: with the kept weights.
        prepared: what it was trained with.
        history: the records by epoch.
        kept_epoch: the epoch whose weights were kept.
        files: further files to copy.
        pad_id: the vocabulary index of padding.

    Raises:
        OutputError: when the output is occupied or cannot be written to.
    """
    kept = next(record for record in history if record["epoch"] == kept_epoch)
    recipe = prepared.recipe
    is_plain = not (crf_of(network) or recipe.surface.weight or recipe.decoding.recurrence)
    packages = ("torch", "transformers", "tokenizers", "accelerate")
    manifest = {
        "plain_transformers": "exact" if is_plain else "emissions_only",
        "pad_id": pad_id,
        "kept_epoch": kept_epoch,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "metrics": {"dev": kept.get("dev"), "training_loss": kept["loss"]},
        "corpora": {name: prepared.begun_with[name] for name in ("train", "dev")},
        "encoder": {
            "kind": prepared.source.kind.value,
            "commit": prepared.source.revision,
            "hash": prepared.begun_with["encoder"],
        },
        "precision": prepared.begun_with["precision"],
        "alignment": {
            "mentions": prepared.alignment.mentions,
            "not_exact": prepared.alignment.by_reason,
        },
        "versions": {
            "pharmaner": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }
    with whole_folder(output) as folder:
        save_network(network, scheme_of(recipe), folder)
        save_tokenizer(prepared.tokenizer, prepared.source.location, folder)
        write_text(folder / "recipe.toml", recipe.as_toml())
        for file in files:
            shutil.copyfile(file, folder / file.name)
        write_text(folder / "README.md", model_card(recipe, manifest))
        write_manifest(folder, manifest)
