"""``Decoder``: how the emissions of a document become mentions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.crf import decode_chain
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
        tempered = emissions.tempered(self.temperature)
        if self.dictionary:
            listed = LISTED / self.temperature
            tempered = self.dictionary.informed(tempered, text, self.scheme, listed)
        found = self._decoded(tempered)
        if found and self.recurrence:
            bonus = self.recurrence / self.temperature
            again = with_recurring_names(tempered, text, found, self.scheme, bonus)
            found = found if again is None else self._decoded(again)
        kept = (m for m in found if m.score is None or m.score >= self.min_score)
        return [self.dictionary.coded(m, text) if self.dictionary else m for m in kept]

    def _decoded(self, emissions: Emissions) -> list[Mention]:
        if self.scheme.tags_positions:
            return decode(emissions, self.scheme)
        chain = legal_scores(self.scheme) if self.transitions is None else self.transitions
        return decode_chain(emissions, self.scheme, chain / self.temperature)


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
