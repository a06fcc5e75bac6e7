"""Learning the tags of owned pieces, or with a CRF of owned words, judged by the strict score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from pharmaner.network.padding import attention_mask, padded
from pharmaner.network.tagger_network import crf_of
from pharmaner.training.chain_loss import chain_loss
from pharmaner.training.examples import NOT_LEARNED, Example


@dataclass(frozen=True, slots=True)
class TaggingTask:
    """A ``Task`` over annotated windows.

    ``examples`` are those of an epoch, counted from 0, the same whenever they are asked for.
    ``dev_score`` returns the score of the dev documents as in ``Score.as_json``; ``None`` trains
    without a dev corpus.
    """

    examples: Callable[[int], Sequence[Example]]
    pad_id: int
    dev_score: Callable[[], dict[str, Any]] | None

    def lengths(self, epoch: int) -> list[int]:
        """See ``Task``."""
        return [len(example.input_ids) for example in self.examples(epoch)]

    @property
    def criterion(self) -> str | None:
        """See ``Task``."""
        return "f1" if self.dev_score else None

    def evaluate(self) -> dict[str, Any]:
        """See ``Task``."""
        return self.dev_score() if self.dev_score else {}

    def loss(
        self, network: torch.nn.Module, batch: Sequence[int], epoch: int
    ) -> tuple[torch.Tensor, int]:
        """See ``Task``."""
        device = next(network.parameters()).device
        examples = [self.examples(epoch)[index] for index in batch]
        inputs = [example.input_ids for example in examples]
        labels = padded([example.labels for example in examples], NOT_LEARNED, device)
        logits = network(
            input_ids=padded(inputs, self.pad_id, device),
            attention_mask=attention_mask(inputs, device),
        ).logits
        learned = int((labels != NOT_LEARNED).sum())
        crf = crf_of(network)
        if crf is not None:
            return chain_loss(crf, logits, examples), learned
        total = cross_entropy(
            logits.float().flatten(0, 1),
            labels.flatten(),
            ignore_index=NOT_LEARNED,
            reduction="sum",
        )
        return total, learned
