"""``Decoder``: how the emissions of a document become mentions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.crf import decode_chains
from pharmaner.decoding.dictionary import Dictionary
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.decoding.linear_chain import LinearChains
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
        informed = self._informed(emissions, texts)
        found = self._decoded(informed)
        again = self._with_recurring_names(informed, texts, found)
        decoded = dict(zip(again, self._decoded(list(again.values())), strict=True))
        found = [decoded.get(place, mentions) for place, mentions in enumerate(found)]
        return [self._kept(*document) for document in zip(found, texts, strict=True)]

    def leads(
        self, emissions: Sequence[Emissions], texts: Sequence[str]
    ) -> list[npt.NDArray[np.float64]]:
        """By how much each word's likeliest tag leads the next, in nats before the temperature.

        The likelihoods are those over all legal sequences of tags. Names that recur are found
        first and help each other then: of the two leads it is the lesser. Infinite for words
        without scores.

        Returns:
            Of each document, shape (words,).
        """
        informed = self._informed(emissions, texts)
        leads = self._leads(informed)
        again = self._with_recurring_names(informed, texts, self._decoded(informed))
        for place, then in zip(again, self._leads(list(again.values())), strict=True):
            leads[place] = np.minimum(leads[place], then)
        return leads

    def _leads(self, emissions: Sequence[Emissions]) -> list[npt.NDArray[np.float64]]:
        leads = [np.full(len(of.words), np.inf) for of in emissions]
        held = {place: scored for place, of in enumerate(emissions) if len(scored := of.scored)}
        if not held:
            return leads
        scores = [emissions[place].scores[scored] for place, scored in held.items()]
        chains = LinearChains(scores, self._chain)
        passes = zip(held.items(), chains.forward(), chains.backward(), strict=True)
        for (place, scored), forward, backward in passes:
            best = np.partition(forward + backward, -2, axis=1)[:, -2:]
            leads[place][scored] = (best[:, 1] - best[:, 0]) * self.temperature
        return leads

    def _informed(self, emissions: Sequence[Emissions], texts: Sequence[str]) -> list[Emissions]:
        tempered = [of.tempered(self.temperature) for of in emissions]
        if not self.dictionary:
            return tempered
        listed = LISTED / self.temperature
        pairs = zip(tempered, texts, strict=True)
        return [self.dictionary.informed(*pair, self.scheme, listed) for pair in pairs]

    @property
    def _chain(self) -> npt.NDArray[np.float64]:
        """The tempered transitions; where every word is decided by itself, none counts."""
        if self.scheme.tags_positions:
            return np.zeros((len(self.scheme.tags), len(self.scheme.tags)))
        chain = legal_scores(self.scheme) if self.transitions is None else self.transitions
        return chain / self.temperature

    def _decoded(self, emissions: Sequence[Emissions]) -> list[list[Mention]]:
        if self.scheme.tags_positions:
            return [decode(of, self.scheme) for of in emissions]
        return decode_chains(emissions, self.scheme, self._chain)

    def _with_recurring_names(
        self, emissions: Sequence[Emissions], texts: Sequence[str], found: list[list[Mention]]
    ) -> dict[int, Emissions]:
        """The emissions that a recurring name changes, by their place."""
        if not self.recurrence:
            return {}
        bonus = self.recurrence / self.temperature
        return {
            place: again
            for place, document in enumerate(zip(emissions, texts, found, strict=True))
            if (again := with_recurring_names(*document, self.scheme, bonus)) is not None
        }

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
