"""``Tagger``: a trained model, ready for text."""

import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pharmaner.document import Document
from pharmaner.errors import MissingExtraError, ModelFolderError
from pharmaner.model_folder import (
    ONNX_WEIGHTS,
    TORCH_WEIGHTS,
    ModelFolder,
    open_model_folder,
    shipped_folder,
)
from pharmaner.prediction.predictor import Backend, Prediction, Predictor, Windower
from pharmaner.prediction.processor import saturates_int8
from pharmaner.recipe import Recipe
from pharmaner.text.pieces import PieceTokenizer


class Tagger:
    """Finds the mentions that a trained model knows.

    >>> tagger = Tagger.load("model")  # doctest: +SKIP
    >>> tagger.predict("Toma 5mg de enalapril.").mentions  # doctest: +SKIP
    """

    def __init__(self, recipe: Recipe, predictor: Predictor) -> None:
        self.recipe = recipe
        self._predictor = predictor

    @classmethod
    def load(cls, folder: Path | str | None = None) -> "Tagger":
        """Load a model folder, or the tagger in the package; nothing in it is executed.

        Raises:
            ModelFolderError: when the folder is incomplete, altered, or of a newer format; or when
                none is named and the package has none.
            MissingExtraError: when the folder needs torch, which is not installed.
        """
        folder = shipped_folder() if folder is None else folder
        if folder is None:
            raise ModelFolderError(
                "no model folder is named and this version ships none; one that `train` or "
                "`export` wrote is accepted"
            )
        model = open_model_folder(Path(folder))
        tokenizer = PieceTokenizer.from_file(model.path / "tokenizer.json")
        windower = Windower(tokenizer, model.recipe.text)
        auxiliary = model.recipe.corpus.auxiliary
        predictor = Predictor(_backend(model), windower, model.scheme, auxiliary, model.pad_id)
        return cls(model.recipe, predictor)

    def predict(self, text: str) -> Document:
        """The text with its mentions; offsets are half-open code points into ``text`` as it is."""
        return next(self.predict_documents([Document("text", text)])).document

    def predict_documents(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Predict many documents, in order; mentions they already have are replaced."""
        return self._predictor.predict(documents)


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


def _backend(model: ModelFolder) -> Backend:
    usable = usable_backends(model)
    if not usable:
        raise MissingExtraError(
            f"{model.path}: its weights need torch; `pip install 'pharmaner[train]'` brings it"
        )
    if usable[0] == "onnx":
        from pharmaner.prediction.onnx_backend import OnnxBackend

        _warn_of_saturation(model)
        return OnnxBackend(model.path / ONNX_WEIGHTS)
    from pharmaner.network.tagger_network import load_network
    from pharmaner.network.torch_backend import TorchBackend

    return TorchBackend(load_network(model.path))


def _warn_of_saturation(model: ModelFolder) -> None:
    export = model.manifest.get("export", {})
    if export.get("range") == "full" and saturates_int8():
        warnings.warn(
            f"{model.path}: was exported for processors with VNNI, which this one lacks: sums may "
            "overflow; `pharmaner export --int8 --reduced-range` avoids it",
            RuntimeWarning,
            stacklevel=4,
        )
