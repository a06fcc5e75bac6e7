"""What a trained output layer knows of a tag goes with the tag's name, not with its place."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification

from pharmaner.network.pretrained import load_config, load_pretrained

SPREAD = 0.02
"""The standard deviation of new weights where a configuration names none, as in BERT."""


def hand_on_output_rows(encoder_folder: Path, network: Any, tags: tuple[str, ...]) -> None:
    """Take over the rows of the tags that a folder's own output layer has; draw all others.

    Args:
        encoder_folder: an encoder's, or a trained tagger's.
        network: made from that folder, with an output for each of ``tags``.
        tags: in the order of the outputs. Nothing is done where none of them is known, or where
            they are the folder's own.
    """
    known = [name for _, name in sorted(load_config(encoder_folder).id2label.items())]
    kept = [tag for tag in tags if tag in known]
    if not kept or known == list(tags):
        return
    trained = load_pretrained(AutoModelForTokenClassification, encoder_folder).state_dict()
    inside = f"{network.base_model_prefix}."
    to, source = [tags.index(tag) for tag in kept], [known.index(tag) for tag in kept]
    for name, parameter in network.named_parameters():
        is_output = not name.startswith(inside) and parameter.shape[:1] == (len(tags),)
        if is_output and trained[name].shape[:1] == (len(known),):
            spread = getattr(network.config, "initializer_range", SPREAD)
            torch.nn.init.normal_(parameter, std=spread if parameter.dim() > 1 else 0.0)
            with torch.no_grad():
                parameter[to] = trained[name][source]
