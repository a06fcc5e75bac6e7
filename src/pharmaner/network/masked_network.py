"""An encoder with a head that names hidden pieces."""

from pathlib import Path

import torch
from transformers import AutoModelForMaskedLM

from pharmaner.errors import EncoderError
from pharmaner.network.pretrained import load_config, load_pretrained

_POSITIONWISE_HEADS = ("cls", "lm_head")
"""Heads that turn hidden states of any shape (..., hidden) into logits (..., vocabulary)."""


def masked_network(
    encoder_folder: Path, layers: int = 0, dropout: float | None = None
) -> tuple[torch.nn.Module, bool]:
    """An encoder under its masked-language-model head, embeddings tied.

    Args:
        encoder_folder: where the encoder lies.
        layers: how many of the lowest layers to keep; 0 keeps all.
        dropout: in place of the configuration's, which stays as it is; ``None`` follows it.

    Returns:
        The network, and whether the folder brought the head; else it is drawn from torch's random
        state.

    Raises:
        EncoderError: when the folder is no encoder that transformers know, or has fewer layers.
    """
    config = load_config(encoder_folder)
    if layers > config.num_hidden_layers:
        raise EncoderError(
            f"{encoder_folder}: {config.num_hidden_layers} layers; {layers} were asked for"
        )
    config.num_hidden_layers = layers or config.num_hidden_layers
    network, report = load_pretrained(
        AutoModelForMaskedLM, encoder_folder, config=config, output_loading_info=True
    )
    if dropout is not None:
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
    encoder = f"{network.base_model_prefix}."
    return network, all(name.startswith(encoder) for name in report["missing_keys"])


def hidden_logits(
    network: torch.nn.Module,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    hidden: torch.Tensor,
) -> torch.Tensor:
    """Logits at the hidden pieces alone, which spares most of the head's work.

    Args:
        network: what ``masked_network`` returned.
        input_ids: shape (windows, pieces).
        attention_mask: 1 for pieces, 0 for padding, shape (windows, pieces).
        hidden: which pieces are hidden, boolean, shape (windows, pieces).

    Returns:
        Shape (hidden pieces, vocabulary), row by row.
    """
    prefix = str(network.base_model_prefix)
    heads = {name: child for name, child in network.named_children() if name != prefix}
    if len(heads) == 1 and (name := next(iter(heads))) in _POSITIONWISE_HEADS:
        encoder = getattr(network, prefix)
        states = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits: torch.Tensor = heads[name](states[hidden])
        return logits
    whole: torch.Tensor = network(input_ids=input_ids, attention_mask=attention_mask).logits
    return whole[hidden]
