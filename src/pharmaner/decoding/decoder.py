"""``Decoder``: how the emissions of a document become mentions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.crf import decode_chain
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.decoding.transitions import read_transitions
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme
from pharmaner.model_folder import TRANSITIONS, ModelFolder


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decides the mentions of documents.

    ``transitions`` are a CRF's, shape (tags, tags), minus infinity where illegal; without them
    every word is decided by itself.
    """

    scheme: LabelScheme
    transitions: npt.NDArray[np.float64] | None = None

    def mentions(self, emissions: Emissions) -> list[Mention]:
        """The mentions of a document, in order."""
        if self.transitions is None:
            return decode(emissions, self.scheme)
        return decode_chain(emissions, self.scheme, self.transitions)


def decoder_of(model: ModelFolder) -> Decoder:
    """The decoder of a trained model.

    Raises:
        ModelFolderError: when a file that it needs is missing or holds something else.
    """
    transitions = None
    if model.recipe.network.decoder == "crf":
        transitions = read_transitions(model.path / TRANSITIONS, model.scheme)
    return Decoder(model.scheme, transitions)
