"""Fitting a temperature to the scores of mentions on documents that were not learned."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.temperature import HIGHEST, LOWEST
from pharmaner.document import Document
from pharmaner.errors import CorpusError
from pharmaner.scoring.calibration import Calibration, Judged, calibration, judge

_STEPS = 20
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Fitted:
    """A temperature, and how scores and right mentions agree without it and with it.

    ``mentions`` counts the predicted mentions that it was fitted on.
    """

    temperature: float
    mentions: int
    before: Calibration
    after: Calibration

    def as_json(self) -> dict[str, Any]:
        """For ``calibration.json``."""
        return {
            "temperature": self.temperature,
            "mentions": self.mentions,
            "expected_error": [self.before.expected_error, self.after.expected_error],
            "brier": [self.before.brier, self.after.brier],
        }


def fit_temperature(
    emissions: Sequence[Emissions],
    gold: Sequence[Document],
    decoder: Decoder,
    auxiliary: frozenset[str] = frozenset(),
) -> Fitted:
    """The temperature under which the mentions' scores have the lowest log-loss.

    What is judged is what a user receives: a predicted mention's score against whether the gold
    document holds just this mention.

    Args:
        emissions: of the gold documents, in their order.
        gold: the documents with their mentions.
        decoder: whose scores are fitted; its own temperature is disregarded.
        auxiliary: types that are never returned.

    Raises:
        CorpusError: when no mention is predicted, or all are right, or none is.
    """

    def judged(temperature: float) -> Judged:
        tempered = replace(decoder, temperature=temperature)
        found = tempered.decode(emissions, [document.text for document in gold])
        predicted = [
            document.with_mentions(m for m in mentions if m.label not in auxiliary)
            for document, mentions in zip(gold, found, strict=True)
        ]
        return judge(gold, predicted)

    untempered = judged(1.0)
    right, predictions = int(untempered.is_right.sum()), len(untempered.scores)
    if right in {0, predictions}:
        raise CorpusError(
            f"{right} of {predictions} predicted mentions are right; a temperature needs right "
            "and wrong ones"
        )
    low, high = math.log(LOWEST), math.log(HIGHEST)
    best = math.exp(_lowest(lambda at: _log_loss(judged(math.exp(at))), low, high))
    return Fitted(best, predictions, calibration(untempered), calibration(judged(best)))


def _log_loss(judged: Judged) -> float:
    scores = np.clip(judged.scores, 1e-12, 1 - 1e-12)
    return -float(np.log(np.where(judged.is_right, scores, 1 - scores)).mean())


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, by golden sections (Kiefer, 1953)."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(_STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2
