"""A model folder's temperature: by what its decoder divides every score before probabilities.

It changes no mention, only the mentions' scores (Guo et al., 2017, arXiv 1706.04599, section 4.2).
"""

from typing import Any

from pharmaner.errors import ModelFolderError
from pharmaner.model_folder import ModelFolder
from pharmaner.storage import read_object

CALIBRATION = "calibration.json"
"""The file of a model folder that `calibrate` writes."""

LOWEST, HIGHEST = 0.1, 10.0
"""Between which temperatures the best is sought."""


def read_temperature(model: ModelFolder) -> float:
    """The temperature that a model was calibrated to; 1 where it was not.

    Raises:
        ModelFolderError: when its file holds something else.
    """
    if (content := read_calibration(model)) is None:
        return 1.0
    path = model.path / CALIBRATION
    try:
        temperature = float(content["temperature"])
    except (ValueError, KeyError, TypeError, OverflowError):
        raise ModelFolderError(f"{path}: names no temperature") from None
    if not LOWEST <= temperature <= HIGHEST:
        raise ModelFolderError(
            f"{path}: temperature {temperature}; {LOWEST} to {HIGHEST} is accepted"
        )
    return temperature


def read_calibration(model: ModelFolder) -> dict[str, Any] | None:
    """All that ``calibrate`` wrote into a model folder; ``None`` where it did not.

    Raises:
        ModelFolderError: when its file holds something else.
    """
    if not model.holds(CALIBRATION):
        return None
    path = model.path / CALIBRATION
    if (content := read_object(path)) is None:
        raise ModelFolderError(f"{path}: names no temperature")
    return content
