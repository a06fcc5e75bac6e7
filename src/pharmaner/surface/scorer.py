"""``SurfaceScorer``: a linear-chain conditional random field over surface features.

Lafferty et al. (2001), with the features of ``surface.features``. Its scores are added to those
that the encoder gives, a product of two experts (Hinton, 1999): what a word looks like and what it
means in its context know different things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pharmaner.document import Span
from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.model_folder import SURFACE, ModelFolder
from pharmaner.storage import write_bytes
from pharmaner.surface.features import NO_FEATURE, surface_features
from pharmaner.surface.lexicon import Lexicon, lexicon_of


@dataclass(frozen=True, slots=True)
class SurfaceScorer:
    """Scores tags and their order by what words look like.

    ``lexicon`` is what it knows of words. ``table`` has a row for every hash and one of zeros,
    float32, shape (``NO_FEATURE`` + 1, tags). ``transitions`` are scores of a column's tag after a
    row's, shape (tags, tags). All scores are multiplied by ``weight``.
    """

    lexicon: Lexicon
    table: npt.NDArray[np.float32]
    transitions: npt.NDArray[np.float64]
    weight: float = 1.0

    def emissions(self, text: str, words: Sequence[Span]) -> npt.NDArray[np.float64]:
        """What is added to the words' log-probabilities, shape (words, tags)."""
        rows = surface_features(text, words, self.lexicon)
        sums = np.zeros((len(rows), self.table.shape[1]))
        for column in rows.T:
            sums += self.table[column]
        return self.weight * sums

    def with_tags(self, kept: Sequence[int]) -> "SurfaceScorer":
        """The scorer of these tags alone, in this order."""
        transitions = self.transitions[np.ix_(kept, kept)]
        return replace(self, table=self.table[:, kept], transitions=transitions)

    @property
    def weighted_transitions(self) -> npt.NDArray[np.float64]:
        """What is added to the decoder's transitions, shape (tags, tags)."""
        return self.weight * self.transitions


def write_surface(path: Path, scorer: SurfaceScorer) -> None:
    """Write a scorer and its lexicon without its weight; the table is rounded to half precision."""
    arrays: dict[str, npt.NDArray[Any]] = {
        **scorer.lexicon.arrays(),
        "table": scorer.table[:NO_FEATURE].astype(np.float16),
        "transitions": scorer.transitions.astype(np.float32),
    }
    write_bytes(path, save(arrays))


def read_surface(path: Path, scheme: LabelScheme, weight: float) -> SurfaceScorer:
    """Read what ``write_surface`` wrote.

    Raises:
        ModelFolderError: when the file holds something else, or is for another number of tags.
    """
    try:
        arrays = load(path.read_bytes())
        table, transitions = arrays["table"], arrays["transitions"]
        lexicon = lexicon_of(arrays)
    except (OSError, SafetensorError, KeyError, ValueError):
        raise ModelFolderError(f"{path}: is not a file of surface features' weights") from None
    tags = len(scheme.tags)
    if table.shape != (NO_FEATURE, tags) or transitions.shape != (tags, tags):
        raise ModelFolderError(
            f"{path}: tables of {table.shape} and {transitions.shape}; those of "
            f"{(NO_FEATURE, tags)} and {(tags, tags)} are accepted"
        )
    if not (np.isfinite(table).all() and np.isfinite(transitions).all()):
        raise ModelFolderError(f"{path}: a weight is not a finite number")
    absent = np.zeros((1, tags), dtype=np.float32)
    whole = np.concatenate([table.astype(np.float32), absent])
    return SurfaceScorer(lexicon, whole, transitions.astype(np.float64), weight)


def surface_of(model: ModelFolder) -> SurfaceScorer | None:
    """The surface features' weights of a trained model, where its recipe has them.

    Raises:
        ModelFolderError: as ``read_surface``.
    """
    weight = model.recipe.surface.weight
    return read_surface(model.path / SURFACE, model.scheme, weight) if weight else None
