"""Learning a language: naming hidden words, judged on texts that are held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from pharmaner.network.masked_network import hidden_logits
from pharmaner.network.padding import attention_mask, padded
from pharmaner.text.windows import Window
from pharmaner.training.batches import plan_batches
from pharmaner.training.examples import NOT_LEARNED, Example
from pharmaner.training.masking import Masker

_JUDGED_PIECES = 8192


@dataclass(frozen=True, slots=True)
class MaskingTask:
    """A ``Task`` over windows of plain text.

    What is hidden in a window follows from (seed, epoch, window); in ``held_out`` windows it is
    always the same.
    """

    network: torch.nn.Module
    windows: Sequence[Window]
    held_out: Sequence[Window]
    masker: Masker
    pad_id: int
    seed: int

    def lengths(self, epoch: int) -> list[int]:
        """See ``Task``; the same in every epoch."""
        return [len(window.input_ids) for window in self.windows]

    @property
    def criterion(self) -> str:
        """See ``Task``."""
        return "accuracy"

    def loss(
        self, network: torch.nn.Module, batch: Sequence[int], epoch: int
    ) -> tuple[torch.Tensor, int]:
        """See ``Task``."""
        seeds = ([self.seed, epoch, index] for index in batch)
        examples = [
            self.masker.hide(self.windows[index], np.random.default_rng(seed))
            for index, seed in zip(batch, seeds, strict=True)
        ]
        logits, labels = self._hidden(examples)
        return cross_entropy(logits, labels, reduction="sum"), len(labels)

    def evaluate(self) -> dict[str, Any]:
        """The held-out loss (nats a hidden piece) and the share of hidden pieces named right."""
        lengths = [len(window.input_ids) for window in self.held_out]
        total, right, count = 0.0, 0, 0
        self.network.eval()
        for batch in plan_batches(lengths, 0, _JUDGED_PIECES, 0, 0):
            examples = [
                self.masker.hide(self.held_out[index], np.random.default_rng(index))
                for index in batch
            ]
            with torch.inference_mode():
                logits, labels = self._hidden(examples)
            total += float(cross_entropy(logits, labels, reduction="sum"))
            right += int((logits.argmax(dim=-1) == labels).sum())
            count += len(labels)
        return {"loss": total / count, "accuracy": right / count, "pieces": count}

    def _hidden(self, examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
        device = next(self.network.parameters()).device
        rows = [example.input_ids for example in examples]
        labels = padded([example.labels for example in examples], NOT_LEARNED, device)
        is_hidden = labels != NOT_LEARNED
        input_ids, mask = padded(rows, self.pad_id, device), attention_mask(rows, device)
        logits = hidden_logits(self.network, input_ids, mask, is_hidden)
        return logits.float(), labels[is_hidden]
