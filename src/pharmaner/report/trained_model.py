"""What a model folder tells about its training, checked before any of it is shown."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pharmaner.decoding.temperature import CALIBRATION, read_calibration
from pharmaner.errors import ModelFolderError
from pharmaner.model_folder import CARD, MANIFEST, RUN_LOG, ModelFolder, open_model_folder
from pharmaner.recipe import Recipe

_Ratio = Annotated[float, Field(ge=0, le=1)]
_Number = Annotated[int, Field(ge=0)]
_Finite = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Read(BaseModel):
    """Part of a JSON file; further keys are passed over, types are not coerced."""

    model_config = ConfigDict(frozen=True, strict=True)


class StoredCounts(_Read):
    """What ``Counts.as_json`` wrote."""

    true_positives: _Number
    false_positives: _Number
    false_negatives: _Number
    precision: _Ratio
    recall: _Ratio
    f1: _Ratio


class StoredScore(StoredCounts):
    """What ``Score.as_json`` wrote of a dev corpus."""

    documents: _Number
    by_type: dict[str, StoredCounts]
    signature: str


class Epoch(_Read):
    """A line of the run log; ``loss`` is the mean over the epoch's labelled pieces."""

    epoch: Annotated[int, Field(ge=1)]
    loss: float
    seconds: _Finite
    pieces_per_second: _Finite
    dev: StoredScore | None = None


class _Metrics(_Read):
    dev: StoredScore | None


class _Corpora(_Read):
    train: str
    dev: str | None


class _Alignment(_Read):
    mentions: _Number
    not_exact: dict[str, _Number]


class Manifest(_Read):
    """What the report shows of manifest.json; the first versions wrote no ``parameters``."""

    kept_epoch: int
    parameters: _Number | None = None
    metrics: _Metrics
    corpora: _Corpora
    alignment: _Alignment
    versions: dict[str, str]


class FittedScores(_Read):
    """What `calibrate` wrote: the scores' temperature, and the hash of what it was fitted on."""

    fitted_on: str
    temperature: _Finite


_Model = TypeVar("_Model", bound=_Read)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model folder as the report needs it; ``card`` is the text of its README.md."""

    path: Path
    recipe: Recipe
    manifest: Manifest
    epochs: list[Epoch]
    card: str
    calibration: FittedScores | None


def read_trained_model(path: Path) -> TrainedModel:
    """Read a model folder's manifest, recipe, run log and card, and verify its files.

    Raises:
        ModelFolderError: when the folder, its run log or its card is missing, altered or not what
            `train` writes.
    """
    folder = open_model_folder(path)
    for name in (RUN_LOG, CARD):
        if not folder.holds(name):
            raise ModelFolderError(f"{path}: {name} is missing")
    manifest = _validated(Manifest, folder.manifest, path / MANIFEST, "a manifest of `train`")
    log = path / RUN_LOG
    epochs = []
    for number, line in enumerate(_log(folder).splitlines(), start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise ModelFolderError(f"{log}:{number}: is not JSON; {_ACCEPTED}") from None
        epochs.append(_validated(Epoch, record, f"{log}:{number}", "a record of an epoch"))
    if manifest.kept_epoch not in (record.epoch for record in epochs):
        raise ModelFolderError(
            f"{log}: has no record of epoch {manifest.kept_epoch}, which {MANIFEST} says is kept"
        )
    calibration = None
    if (fitted := read_calibration(folder)) is not None:
        where = path / CALIBRATION
        calibration = _validated(FittedScores, fitted, where, "what `calibrate` writes")
    return TrainedModel(path, folder.recipe, manifest, epochs, folder.card, calibration)


_ACCEPTED = "a record a line, as `train` writes them, is accepted"


def _validated(kind: type[_Model], content: Any, where: Path | str, what: str) -> _Model:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        finding = error.errors()[0]
        key = ".".join(str(part) for part in finding["loc"])
        found = f"; {key}: {finding['msg'][:1].lower()}{finding['msg'][1:]}" if key else ""
        raise ModelFolderError(f"{where}: is not {what}{found}") from None


def _log(folder: ModelFolder) -> str:
    try:
        return (folder.path / RUN_LOG).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelFolderError(f"{folder.path / RUN_LOG}: is not UTF-8") from None
