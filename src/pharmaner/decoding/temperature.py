"""A model folder's temperature: by what its decoder divides every score before probabilities.

It changes no mention, only the mentions' scores (Guo et al., 2017, arXiv 1706.04599, section 4.2).
"""

import json
import math

from pharmaner.errors import ModelFolderError
from pharmaner.model_folder import ModelFolder

CALIBRATION = "calibration.json"
"""The file of a model folder that `calibrate` writes."""


def read_temperature(model: ModelFolder) -> float:
    """The temperature that a model was calibrated to; 1 where it was not.

    Raises:
        ModelFolderError: when its file holds something else.
    """
    if CALIBRATION not in model.manifest["files"]:
        return 1.0
    path = model.path / CALIBRATION
    try:
        temperature = float(json.loads(path.read_text(encoding="utf-8"))["temperature"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelFolderError(f"{path}: names no temperature") from None
    if not (math.isfinite(temperature) and temperature > 0):
        raise ModelFolderError(f"{path}: temperature {temperature}; a number above 0 is accepted")
    return temperature
