"""``Tagger``: a trained model, ready for text."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pharmaner.decoding.decoder import decoder_of
from pharmaner.document import Document
from pharmaner.errors import MissingExtraError
from pharmaner.model_folder import ModelFolder, open_model_folder
from pharmaner.prediction.predictor import Backend, Prediction, Predictor, Windower
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
    def load(cls, folder: Path | str) -> "Tagger":
        """Load a model folder; nothing in it is executed.

        Raises:
            ModelFolderError: when the folder is incomplete, altered, or of a newer format.
            MissingExtraError: when the folder needs torch, which is not installed.
        """
        model = open_model_folder(Path(folder))
        tokenizer = PieceTokenizer.from_file(model.path / "tokenizer.json")
        windower = Windower(tokenizer, model.recipe.text)
        predictor = Predictor(
            _backend(model),
            windower,
            model.scheme,
            model.recipe.corpus.auxiliary,
            model.pad_id,
            decoder_of(model),
        )
        return cls(model.recipe, predictor)

    def predict(self, text: str) -> Document:
        """The text with its mentions; offsets are half-open code points into ``text`` as it is."""
        return next(self.predict_documents([Document("text", text)])).document

    def predict_documents(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Predict many documents, in order; mentions they already have are replaced."""
        return self._predictor.predict(documents)


def _backend(model: ModelFolder) -> Backend:
    try:
        from pharmaner.network.tagger_network import load_network
        from pharmaner.network.torch_backend import TorchBackend
    except ImportError:
        raise MissingExtraError(
            f"{model.path}: its weights need torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    return TorchBackend(load_network(model.path))
