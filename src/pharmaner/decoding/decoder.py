"""``Decoder``: how the emissions of a document become mentions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.crf import decode_chains
from pharmaner.decoding.dictionary import Dictionary
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.decoding.recurrence import with_recurring_names
from pharmaner.decoding.temperature import read_temperature
from pharmaner.decoding.transitions import legal_scores, read_transitions
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme
from pharmaner.model_folder import TRANSITIONS, ModelFolder

LISTED = 4.0
"""What is added to a name of the dictionary, in nats."""


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decides the mentions of documents: those of the likeliest legal sequence of tags.

    ``transitions`` are what it scores besides the emissions, shape (tags, tags), minus infinity
    where illegal; without them all legal ones score the same. ``recurrence`` is added to a name
    that was found wherever it occurs; names of the ``dictionary`` get ``LISTED``, and their codes.
    Emissions, transitions and what is added are divided by ``temperature``. Mentions with a score
    under ``min_score`` are left out. Where positions have tags of their own, as in the paper, every
    word is decided by itself.
    """

    scheme: LabelScheme
    transitions: npt.NDArray[np.float64] | None = None
    temperature: float = 1.0
    min_score: float = 0.0
    recurrence: float = 0.0
    dictionary: Dictionary | None = None

    def mentions(self, emissions: Emissions, text: str) -> list[Mention]:
        """The mentions of a document, in order, given its text."""
        return self.decode([emissions], [text])[0]

    def decode(self, emissions: Sequence[Emissions], texts: Sequence[str]) -> list[list[Mention]]:
        """The mentions of each document, in order, given its text; faster than one by one."""
        tempered = [of.tempered(self.temperature) for of in emissions]
        if self.dictionary:
            listed = LISTED / self.temperature
            pairs = zip(tempered, texts, strict=True)
            tempered = [self.dictionary.informed(*p, self.scheme, listed) for p in pairs]
        found = self._decoded(tempered)
        if self.recurrence:
            found = self._with_recurring_names(tempered, texts, found)
        return [self._kept(*document) for document in zip(found, texts, strict=True)]

    def _decoded(self, emissions: Sequence[Emissions]) -> list[list[Mention]]:
        if self.scheme.tags_positions:
            return [decode(of, self.scheme) for of in emissions]
        chain = legal_scores(self.scheme) if self.transitions is None else self.transitions
        return decode_chains(emissions, self.scheme, chain / self.temperature)

    def _with_recurring_names(
        self, emissions: Sequence[Emissions], texts: Sequence[str], found: list[list[Mention]]
    ) -> list[list[Mention]]:
        bonus = self.recurrence / self.temperature
        informed = {
            place: again
            for place, document in enumerate(zip(emissions, texts, found, strict=True))
            if (again := with_recurring_names(*document, self.scheme, bonus)) is not None
        }
        decoded = dict(zip(informed, self._decoded(list(informed.values())), strict=True))
        return [decoded.get(place, mentions) for place, mentions in enumerate(found)]

    def _kept(self, mentions: list[Mention], text: str) -> list[Mention]:
        kept = [m for m in mentions if m.score is None or m.score >= self.min_score]
        return [self.dictionary.coded(m, text) for m in kept] if self.dictionary else kept


def decoder_of(model: ModelFolder, further: npt.NDArray[np.float64] | float = 0.0) -> Decoder:
    """The decoder of a trained model.

    Args:
        model: its folder.
        further: transitions to be added to those of the model, shape (tags, tags).

    Raises:
        ModelFolderError: when a file that it needs is missing or holds something else.
    """
    transitions = legal_scores(model.scheme, further)
    if model.recipe.network.decoder == "crf":
        transitions += read_transitions(model.path / TRANSITIONS, model.scheme)
    recurrence = model.recipe.decoding.recurrence
    return Decoder(model.scheme, transitions, read_temperature(model), recurrence=recurrence)
