"""``Tagger``: a trained model, ready for text."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pharmaner.document import Document
from pharmaner.errors import MissingExtraError, ModelFolderError
from pharmaner.model_folder import ModelFolder, open_model_folder
from pharmaner.prediction.predictor import Backend, OnFailure, Prediction, Predictor, Windower
from pharmaner.recipe import Recipe
from pharmaner.text.pieces import PieceTokenizer


class Tagger:
    """Finds the mentions that a trained model knows.

    >>> tagger = Tagger.load("model")  # doctest: +SKIP
    >>> tagger.predict("Toma 5mg de enalapril.").mentions  # doctest: +SKIP
    """

    def __init__(self, recipe: Recipe, predictor: Predictor, backend: str) -> None:
        self.recipe = recipe
        self.backend = backend
        self._predictor = predictor

    @classmethod
    def load(cls, folder: Path | str, backend: str = "") -> "Tagger":
        """Load a model folder; nothing in it is executed.

        Args:
            folder: a folder that ``train`` wrote.
            backend: what computes, ``torch`` or ``onnx``; empty: the fastest that the folder
                allows.

        Raises:
            ModelFolderError: when the folder is incomplete, altered, of a newer format, or not for
                that backend.
            MissingExtraError: when the folder needs torch, which is not installed.
        """
        model = open_model_folder(Path(folder))
        if backend not in {"", "torch"}:
            raise ModelFolderError(f"{model.path}: is not for {backend}; torch is accepted")
        tokenizer = PieceTokenizer.from_file(model.path / "tokenizer.json")
        windower = Windower(tokenizer, model.recipe.text)
        auxiliary = model.recipe.corpus.auxiliary
        predictor = Predictor(_backend(model), windower, model.scheme, auxiliary, model.pad_id)
        return cls(model.recipe, predictor, "torch")

    def predict(self, text: str) -> Document:
        """The text with its mentions; offsets are half-open code points into ``text`` as it is."""
        return next(self.predict_documents([Document("text", text)])).document

    def predict_documents(
        self, documents: Iterable[Document], on_failure: OnFailure | None = None
    ) -> Iterator[Prediction]:
        """Predict many documents, in order; mentions they already have are replaced.

        See ``Predictor.predict``.
        """
        return self._predictor.predict(documents, on_failure)

    def predict_chunks(
        self, documents: Iterable[Document], on_failure: OnFailure | None = None
    ) -> Iterator[list[Prediction]]:
        """As ``predict_documents``, some at a time; see ``Predictor.predict_chunks``."""
        return self._predictor.predict_chunks(documents, on_failure)


def _backend(model: ModelFolder) -> Backend:
    try:
        from pharmaner.network.tagger_network import load_network
        from pharmaner.network.torch_backend import TorchBackend
    except ImportError:
        raise MissingExtraError(
            f"{model.path}: its weights need torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    return TorchBackend(load_network(model.path))
