"""``Tagger``: a trained model, ready for text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pharmaner.backends import choose_backend, open_backend, open_exact_backend
from pharmaner.corpora.selection import check_types_known, renamed
from pharmaner.decoding.decoder import decoder_of
from pharmaner.decoding.dictionary import Dictionary
from pharmaner.decoding.temperature import CALIBRATION
from pharmaner.document import Document
from pharmaner.errors import DictionaryError, ModelFolderError
from pharmaner.model_folder import ModelFolder, open_model_folder, put_file, shipped_folder
from pharmaner.prediction.calibrate import Fitted, fit_temperature
from pharmaner.prediction.failures import OnFailure
from pharmaner.prediction.predictor import Prediction, Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.scoring.strict import corpus_hash
from pharmaner.surface.scorer import surface_of
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
    def load(
        cls,
        folder: Path | str | None = None,
        backend: str = "",
        min_score: float = 0.0,
        dictionary: Dictionary | None = None,
    ) -> "Tagger":
        """Load a model folder, or the tagger in the package; nothing in it is executed.

        Args:
            folder: what ``train`` or ``export`` wrote; by default the tagger in the package.
            backend: what computes, ``torch`` or ``onnx``; empty: the fastest that the folder
                allows here.
            min_score: mentions with a lower score are left out.
            dictionary: names that are known beforehand, see ``read_dictionary``.

        Raises:
            ModelFolderError: when the folder is incomplete, altered, of a newer format, not for
                that backend, or its files contradict each other; or when none is named and the
                package has none.
            RecipeError: when its recipe is none, or its windows are longer than the network reads.
            DictionaryError: when the dictionary has types that the model has not.
            MissingExtraError: when the folder needs torch, which is not installed.
        """
        folder = shipped_folder() if folder is None else folder
        if folder is None:
            raise ModelFolderError(
                "no model folder is named and this version ships none; one that `train` or "
                "`export` wrote is accepted"
            )
        model = open_model_folder(Path(folder))
        if dictionary is not None:
            _check_labels(model, dictionary)
        chosen = choose_backend(model, backend)
        tokenizer = PieceTokenizer.from_file(model.path / "tokenizer.json")
        _check_pieces(model, tokenizer)
        windower = Windower(tokenizer, model.recipe.text)
        surface = surface_of(model)
        further = 0.0 if surface is None else surface.weighted_transitions
        predictor = Predictor(
            open_backend(model, chosen),
            windower,
            model.scheme,
            model.recipe.corpus.auxiliary,
            replace(decoder_of(model, further), min_score=min_score, dictionary=dictionary),
            surface,
            open_exact_backend(model, chosen),
        )
        return cls(model.recipe, predictor, chosen)

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


def _check_pieces(model: ModelFolder, tokenizer: PieceTokenizer) -> None:
    if tokenizer.highest_id >= model.vocabulary:
        raise ModelFolderError(
            f"{model.path}: tokenizer.json has piece {tokenizer.highest_id}; the network knows "
            f"{model.vocabulary} pieces"
        )


def _check_labels(model: ModelFolder, dictionary: Dictionary) -> None:
    if model.scheme.tags_positions:
        raise DictionaryError(f"{model.path}: a dictionary with tagging BIO+X is not accepted")
    if unknown := sorted(dictionary.labels - set(model.scheme.types)):
        known = ", ".join(model.scheme.types)
        raise DictionaryError(
            f"the dictionary has the type {unknown[0]}, {model.path} has not; {known} are accepted"
        )


def calibrate(folder: Path | str, documents: Sequence[Document]) -> Fitted:
    """Fit the temperature of a model's scores on annotated documents, and keep it in its folder.

    Args:
        folder: what ``train`` wrote; it gets ``calibration.json``, or another in its place.
        documents: texts with their mentions, none of which was learned.

    Raises:
        ModelFolderError: as ``Tagger.load``.
        CorpusError: when the documents have a type that the model does not know, or the model's
            mentions in them are all right or all wrong.
    """
    model = open_model_folder(Path(folder))
    predictor = Tagger.load(folder)._predictor
    corpus = model.recipe.corpus
    named = renamed(documents, corpus)
    check_types_known(named, corpus)
    emissions = list(predictor.emissions(named))
    fitted = fit_temperature(emissions, named, predictor.decoder, predictor.auxiliary)
    put_file(model, CALIBRATION, {"fitted_on": corpus_hash(named), **fitted.as_json()})
    return fitted
