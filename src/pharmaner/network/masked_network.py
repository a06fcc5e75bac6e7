"""An encoder with a head that names hidden pieces."""

from pathlib import Path

import torch
from transformers import AutoModelForMaskedLM

from pharmaner.network.pretrained import load_pretrained

_POSITIONWISE_HEADS = ("cls", "lm_head")
"""Heads that turn hidden states of any shape (..., hidden) into logits (..., vocabulary)."""


def masked_network(encoder_folder: Path) -> tuple[torch.nn.Module, bool]:
    """An encoder under its masked-language-model head, embeddings tied.

    Returns:
        The network, and whether the folder brought the head; else it is drawn from torch's random
        state.

    Raises:
        EncoderError: when the folder is no encoder that transformers know.
    """
    network, report = load_pretrained(
        AutoModelForMaskedLM, encoder_folder, output_loading_info=True
    )
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
