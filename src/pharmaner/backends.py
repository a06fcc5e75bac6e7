"""Which backend runs a model folder: onnxruntime where it was exported, else torch."""

import warnings
from importlib.util import find_spec

from pharmaner.errors import MissingExtraError, ModelFolderError
from pharmaner.model_folder import EXACT_WEIGHTS, ONNX_WEIGHTS, TORCH_WEIGHTS, ModelFolder
from pharmaner.prediction.predictor import Backend
from pharmaner.prediction.processor import saturates_int8


def usable_backends(model: ModelFolder) -> list[str]:
    """The backends that can run a model folder on this machine, the fastest first."""
    backends = ["onnx"] if model.holds(ONNX_WEIGHTS) else []
    if model.holds(TORCH_WEIGHTS) and _is_installed("torch") and _is_installed("transformers"):
        backends.append("torch")
    return backends


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False


def choose_backend(model: ModelFolder, wanted: str = "") -> str:
    """The backend to run a model folder with: the wanted one, or the fastest.

    Raises:
        ModelFolderError: when the folder has no weights for the wanted one.
        MissingExtraError: when the folder needs torch, which is not installed.
    """
    weights = {"onnx": ONNX_WEIGHTS, "torch": TORCH_WEIGHTS}
    possible = [backend for backend, file in weights.items() if model.holds(file)]
    if wanted and wanted not in possible:
        raise ModelFolderError(
            f"{model.path}: is not for {wanted}; {' or '.join(possible)} is accepted"
        )
    usable = [backend for backend in usable_backends(model) if wanted in {"", backend}]
    if not usable:
        raise MissingExtraError(
            f"{model.path}: its weights need torch; `pip install 'pharmaner[train]'` brings it"
        )
    return usable[0]


def open_backend(model: ModelFolder, chosen: str) -> Backend:
    """Load a model folder's weights into a backend that ``choose_backend`` named.

    Raises:
        ModelFolderError: when the weights cannot be read or do not fit the configuration.
    """
    if chosen == "onnx":
        from pharmaner.prediction.onnx_backend import OnnxBackend

        if (risk := overflow_risk(model)) is not None:
            warnings.warn(risk, RuntimeWarning, stacklevel=3)
        return OnnxBackend(model.path / ONNX_WEIGHTS)
    from pharmaner.network.tagger_network import load_network
    from pharmaner.network.torch_backend import TorchBackend

    return TorchBackend(load_network(model.path), model.pad_id)


def open_exact_backend(model: ModelFolder, chosen: str) -> Backend | None:
    """What decides the close calls of a chosen backend, where the folder brings it.

    Raises:
        ModelFolderError: when the weights cannot be read.
    """
    if chosen != "onnx" or not model.holds(EXACT_WEIGHTS):
        return None
    from pharmaner.prediction.onnx_backend import OnnxBackend

    return OnnxBackend(model.path / EXACT_WEIGHTS)


def overflow_risk(model: ModelFolder) -> str | None:
    """Why an exported folder may give wrong scores on this processor, if it may."""
    export = model.manifest.get("export", {})
    if export.get("range") != "full" or not saturates_int8():
        return None
    return (
        f"{model.path}: was exported for processors with VNNI, which this one lacks: sums may "
        "overflow; `pharmaner export --int8 --reduced-range` avoids it"
    )
