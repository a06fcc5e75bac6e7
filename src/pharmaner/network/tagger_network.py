"""The network: an ``AutoModelForTokenClassification`` over any encoder.

While it is trained for a CRF it has the transitions as a module beside; they are saved in a file of
their own, and the weights are those of a plain model.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification

from pharmaner.decoding.transitions import write_transitions
from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.model_folder import TRANSITIONS
from pharmaner.network.crf import ConditionalRandomField
from pharmaner.network.output_rows import hand_on_output_rows
from pharmaner.network.pretrained import (
    check_readable,
    load_config,
    load_pretrained,
    save_pretrained,
)
from pharmaner.recipe import Recipe

_CRF = "crf"


def new_network(encoder_folder: Path, scheme: LabelScheme, recipe: Recipe) -> torch.nn.Module:
    """A pre-trained encoder under a head with one output a tag.

    A folder that brings such a head (a trained tagger) keeps the outputs of the tags that are the
    same; the others' weights are drawn from torch's random state: seed it before.

    Raises:
        EncoderError: when the folder is no encoder that transformers know.
        RecipeError: when a window is longer than the encoder's positions.
    """
    tags = dict(enumerate(scheme.tags))
    config = load_config(
        encoder_folder,
        num_labels=len(tags),
        id2label=tags,
        label2id={tag: index for index, tag in tags.items()},
    )
    _set_dropout(config, recipe)
    check_readable(config, recipe.text.window, "text.window")
    network: torch.nn.Module = load_pretrained(
        AutoModelForTokenClassification,
        encoder_folder,
        config=config,
        ignore_mismatched_sizes=True,
    )
    hand_on_output_rows(encoder_folder, network, scheme.tags)
    if recipe.network.decoder == "crf":
        network.add_module(_CRF, ConditionalRandomField(scheme))
    return network


def crf_of(network: torch.nn.Module) -> ConditionalRandomField | None:
    """The transitions that are trained beside a network."""
    crf = getattr(network, _CRF, None)
    return crf if isinstance(crf, ConditionalRandomField) else None


def save_network(network: torch.nn.Module, scheme: LabelScheme, folder: Path) -> None:
    """Write the configuration and weights of a plain model, and a CRF's transitions beside."""
    crf = crf_of(network)
    weights = {n: t for n, t in network.state_dict().items() if not n.startswith(f"{_CRF}.")}
    save_pretrained(network, folder, weights)
    if crf is not None:
        scores = crf.transitions.detach().float().cpu().numpy()
        write_transitions(folder / TRANSITIONS, scheme, scores)


def load_network(folder: Path) -> torch.nn.Module:
    """A trained network from a model folder's config.json and model.safetensors, nothing else.

    A network is made only where the weights' file holds all of its values, so that a configuration
    cannot ask for more memory than the file has, and no weight is left as it was drawn.

    Raises:
        ModelFolderError: when the two cannot be read or do not fit each other.
    """
    try:
        config = load_config(folder)
        weights = load_file(folder / "model.safetensors")
        architecture = _architecture(config, weights)
        network, report = load_pretrained(
            architecture, None, config=config, state_dict=weights, output_loading_info=True
        )
    except Exception as error:  # transformers raises whatever a hostile configuration leads to
        reason = str(error).partition("\n")[0]
        raise ModelFolderError(f"{folder}: its network cannot be loaded: {reason}") from error
    if odd := sorted(name for names in report.values() for name in map(str, names)):
        raise ModelFolderError(f"{folder}: config.json and model.safetensors differ in {odd[0]}")
    loaded: torch.nn.Module = network
    return loaded


def _architecture(config: Any, weights: dict[str, torch.Tensor]) -> Any:
    """The class of a configuration's network.

    Raises:
        ValueError: when its parameters are not as many as the weights.
    """
    if config.num_hidden_layers > len(weights):
        raise ValueError(f"{config.num_hidden_layers} layers, {len(weights)} tensors")
    with torch.device("meta"):
        empty = AutoModelForTokenClassification.from_config(config)  # type: ignore[no-untyped-call]
    wanted = sum(tensor.numel() for tensor in empty.state_dict().values())
    found = sum(tensor.numel() for tensor in weights.values())
    if wanted != found:
        raise ValueError(f"config.json needs {wanted} values, model.safetensors has {found}")
    return type(empty)


def _set_dropout(config: Any, recipe: Recipe) -> None:
    """Set what BERT, RoBERTa, DeBERTa, ELECTRA and DistilBERT call dropout."""
    values = {
        "hidden_dropout_prob": recipe.network.dropout,
        "dropout": recipe.network.dropout,
        "classifier_dropout": recipe.network.dropout,
        "attention_probs_dropout_prob": recipe.network.attention_dropout,
        "attention_dropout": recipe.network.attention_dropout,
    }
    for name, value in values.items():
        if hasattr(config, name):
            setattr(config, name, value)
