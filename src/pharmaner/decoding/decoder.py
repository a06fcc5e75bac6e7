"""``Decoder``: how the emissions of a document become mentions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.crf import decode_chain
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.decoding.temperature import read_temperature
from pharmaner.decoding.transitions import read_transitions
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme
from pharmaner.model_folder import TRANSITIONS, ModelFolder


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decides the mentions of documents.

    ``transitions`` are a CRF's, shape (tags, tags), minus infinity where illegal; without them
    every word is decided by itself. Emissions and transitions are divided by ``temperature``.
    Mentions with a score under ``min_score`` are left out.
    """

    scheme: LabelScheme
    transitions: npt.NDArray[np.float64] | None = None
    temperature: float = 1.0
    min_score: float = 0.0

    def mentions(self, emissions: Emissions) -> list[Mention]:
        """The mentions of a document, in order."""
        tempered = emissions.tempered(self.temperature)
        if self.transitions is None:
            found = decode(tempered, self.scheme)
        else:
            found = decode_chain(tempered, self.scheme, self.transitions / self.temperature)
        return [m for m in found if m.score is None or m.score >= self.min_score]


def decoder_of(model: ModelFolder) -> Decoder:
    """The decoder of a trained model.

    Raises:
        ModelFolderError: when a file that it needs is missing or holds something else.
    """
    transitions = None
    if model.recipe.network.decoder == "crf":
        transitions = read_transitions(model.path / TRANSITIONS, model.scheme)
    return Decoder(model.scheme, transitions, read_temperature(model))
