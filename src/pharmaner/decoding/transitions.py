"""Which tag follows which: legality by the label scheme, and the scores that a CRF learned."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme
from pharmaner.storage import write_text


def legal_transitions(scheme: LabelScheme) -> npt.NDArray[np.bool_]:
    """Whether the tag of a column may follow the tag of a row, shape (tags, tags)."""
    return np.array([[scheme.may_follow(a, b) for b in scheme.tags] for a in scheme.tags])


def legal_scores(
    scheme: LabelScheme, scores: npt.NDArray[np.floating] | float = 0.0
) -> npt.NDArray[np.float64]:
    """Scores of transitions, minus infinity where illegal; shape (tags, tags)."""
    return np.where(legal_transitions(scheme), np.asarray(scores, dtype=np.float64), -np.inf)


def write_transitions(path: Path, scheme: LabelScheme, scores: npt.NDArray[np.floating]) -> None:
    """Write learned transitions as JSON; rows are the tags before, columns the tags after."""
    content = {"tags": list(scheme.tags), "scores": scores.tolist()}
    write_text(path, json.dumps(content, ensure_ascii=False) + "\n")


def read_transitions(path: Path, scheme: LabelScheme) -> npt.NDArray[np.float64]:
    """Read what ``write_transitions`` wrote, illegal transitions as minus infinity.

    Returns:
        Shape (tags, tags).

    Raises:
        ModelFolderError: when the file holds something else, or the transitions of other tags.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        tags, scores = tuple(content["tags"]), np.array(content["scores"], dtype=np.float64)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise ModelFolderError(f"{path}: is not a file of transitions") from None
    if tags != scheme.tags or scores.shape != (len(tags), len(tags)):
        raise ModelFolderError(
            f"{path}: transitions of {scores.shape} between {', '.join(map(str, tags))}; "
            f"those between {', '.join(scheme.tags)} are accepted"
        )
    if not np.isfinite(scores).all():
        raise ModelFolderError(f"{path}: a transition is not a finite number")
    return legal_scores(scheme, scores)
