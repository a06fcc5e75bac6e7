"""Documents to emissions to mentions: one path for scoring, for bulk work and for one note."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Document, Span
from pharmaner.errors import PharmanerError
from pharmaner.labels import POSITIONAL, LabelScheme
from pharmaner.prediction.read_ahead import read_ahead
from pharmaner.prediction.windower import Windower
from pharmaner.surface.scorer import SurfaceScorer
from pharmaner.text.pieces import NO_WORD
from pharmaner.text.windows import Window
from pharmaner.text.words import split_words

PIECES_IN_FLIGHT = 32_768
"""Documents are cut and scored this many pieces at a time; it bounds the memory."""

CHARACTERS_OF_A_PIECE = 8
"""So many code points of text, a document being one at least, take the room of a piece."""

OnFailure = Callable[[str, Exception], object]
"""Is told the id of a document that failed, and why; it may be called by another thread."""


class Backend(Protocol):
    """Whatever turns pieces into tags' log-probabilities."""

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        """Score windows.

        Args:
            windows: the pieces' vocabulary indices, shape (pieces,) each.

        Returns:
            In the order of the windows, shape (pieces, tags) each.
        """
        ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """A document with its predicted mentions.

    ``characters_covered`` is how many of its code points were seen. Where positions have tags of
    their own, ``words_read_as_outside`` counts the words that got such a tag, and
    ``positions_overruled`` the other pieces that got a word's tag; both are 0 elsewhere.
    """

    document: Document
    characters_covered: int
    words_read_as_outside: int = 0
    positions_overruled: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document cut into windows, its words' scores not yet known."""

    document: Document
    words: tuple[Span, ...]
    windows: list[Window]
    conflicts: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def size(self) -> int:
        """What it counts of ``PIECES_IN_FLIGHT``: texts of white space take room, too."""
        pieces = sum(len(window.input_ids) for window in self.windows)
        return max(pieces, 1 + len(self.document.text) // CHARACTERS_OF_A_PIECE)


_Scored = tuple[_Waiting, Emissions]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Predictor:
    """Predicts mentions with some backend.

    Args:
        backend: scores the windows.
        windower: cuts the texts.
        scheme: the tags of the backend's output, in its order.
        auxiliary: types that were learned but are never returned.
        decoder: decides the mentions; by default from the emissions alone.
        surface: adds to the emissions what words look like.
    """

    def __init__(
        self,
        backend: Backend,
        windower: Windower,
        scheme: LabelScheme,
        auxiliary: Iterable[str] = (),
        decoder: Decoder | None = None,
        surface: SurfaceScorer | None = None,
    ) -> None:
        self.backend = backend
        self.windower = windower
        self.scheme = scheme
        self.auxiliary = frozenset(auxiliary)
        self.decoder = decoder or Decoder(scheme)
        self.surface = surface

    def predict(
        self, documents: Iterable[Document], on_failure: OnFailure | None = None
    ) -> Iterator[Prediction]:
        """Predict the mentions of texts, in order.

        Another thread takes and cuts the next documents, a bounded amount, while these are scored.

        Args:
            documents: the texts; mentions that they already have are replaced.
            on_failure: is told of each document that cannot be predicted, which is then left out;
                without it the first failure is raised.
        """
        for chunk in self.predict_chunks(documents, on_failure):
            yield from chunk

    def predict_chunks(
        self, documents: Iterable[Document], on_failure: OnFailure | None = None
    ) -> Iterator[list[Prediction]]:
        """As ``predict``, the predictions of the documents that are scored together at a time.

        Scores depend, in their last digits, on what is scored together: whoever goes on after the
        last document of a chunk gets the very scores of an undisturbed run.
        """
        for chunk in self._scored_chunks(documents, on_failure):
            yield _all_or_each(
                self._predictions, chunk, lambda scored: scored[0].document, on_failure
            )

    def emissions(self, documents: Iterable[Document]) -> Iterator[Emissions]:
        """The emissions of texts, in order, read ahead as ``predict`` does."""
        for chunk in self._scored_chunks(documents, None):
            yield from (emissions for _, emissions in chunk)

    def _predictions(self, chunk: Sequence[_Scored]) -> list[Prediction]:
        texts = [waiting.document.text for waiting, _ in chunk]
        found = self.decoder.decode([emissions for _, emissions in chunk], texts)
        predictions = []
        for (waiting, _), mentions in zip(chunk, found, strict=True):
            returned = [m for m in mentions if m.label not in self.auxiliary]
            document = waiting.document.with_mentions(returned)
            predictions.append(Prediction(document, _covered(waiting), *waiting.conflicts))
        return predictions

    def _scored_chunks(
        self, documents: Iterable[Document], on_failure: OnFailure | None
    ) -> Iterator[list[_Scored]]:
        for chunk in read_ahead(self._chunks(documents, on_failure)):
            yield _all_or_each(self._score, chunk, lambda cut: cut.document, on_failure)

    def _chunks(
        self, documents: Iterable[Document], on_failure: OnFailure | None
    ) -> Iterator[list[_Waiting]]:
        chunk: list[_Waiting] = []
        size = 0
        for document in documents:
            try:
                words = tuple(split_words(document.text))
                cut = _Waiting(document, words, self.windower.windows(document.text, words))
            except Exception as error:  # whatever it is, the other documents need not suffer
                _report(document, error, on_failure)
                continue
            chunk.append(cut)
            size += cut.size
            if size >= PIECES_IN_FLIGHT:
                yield chunk
                chunk, size = [], 0
        yield chunk

    def _score(self, waiting: Sequence[_Waiting]) -> list[_Scored]:
        tags = len(self.scheme.tags)
        sums = [np.zeros((len(cut.words), tags)) for cut in waiting]
        counts = [np.zeros(len(cut.words)) for cut in waiting]
        for cut in waiting:
            cut.conflicts[:] = [0, 0]
        windows = [(place, w) for place, cut in enumerate(waiting) for w in cut.windows]
        scored = self.backend.log_probabilities([window.input_ids for _, window in windows])
        for (place, window), scores in zip(windows, scored, strict=True):
            read = window.owned_pieces
            if self.scheme.tags_positions:
                self._count_conflicts(window, scores, waiting[place].conflicts)
                read &= window.first_pieces
            np.add.at(sums[place], window.word_index[read], scores[read])
            np.add.at(counts[place], window.word_index[read], 1)
        return [
            (cut, self._emissions(cut, _mean(total, count)))
            for cut, total, count in zip(waiting, sums, counts, strict=True)
        ]

    def _emissions(self, cut: _Waiting, scores: npt.NDArray[np.float64]) -> Emissions:
        if self.surface is not None:
            seen = self.surface.emissions(cut.document.text, cut.words)
            scores = normalised(scores + seen)
        return Emissions(cut.document.id, cut.words, scores)

    def _count_conflicts(
        self, window: Window, scores: npt.NDArray[np.floating], conflicts: list[int]
    ) -> None:
        """Add the window's two counts of ``Prediction``."""
        is_positional = scores.argmax(axis=1) >= len(self.scheme.tags) - len(POSITIONAL)
        begins = window.owned_pieces & window.first_pieces
        is_context = (window.word_index != NO_WORD) & ~window.owned_pieces
        conflicts[0] += int((begins & is_positional).sum())
        conflicts[1] += int((~begins & ~is_context & ~is_positional).sum())


def _all_or_each(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    document_of: Callable[[Item], Document],
    on_failure: OnFailure | None,
) -> list[Result]:
    """What is made of all items together; after a failure of each alone, failures reported."""
    try:
        return work(items)
    except Exception as error:
        if len(items) == 1:
            _report(document_of(items[0]), error, on_failure)
            return []
        if on_failure is None:
            raise
    return [
        result for item in items for result in _all_or_each(work, [item], document_of, on_failure)
    ]


def _report(document: Document, error: Exception, on_failure: OnFailure | None) -> None:
    if isinstance(error, PharmanerError):
        error = type(error)(f"{document.id}: {error}")
    if on_failure is None:
        raise error
    on_failure(document.id, error)


def _mean(
    total: npt.NDArray[np.float64], count: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The pieces' mean log-probabilities, made to sum to 1 under ``exp`` again; NaN for none."""
    mean = np.full_like(total, np.nan)
    np.divide(total, count[:, None], out=mean, where=count[:, None] > 0)
    return normalised(mean)


def _covered(waiting: _Waiting) -> int:
    """The code points of words that some window owns, and of the white space between."""
    words = waiting.words
    visible = sum(word.end - word.start for word in words)
    owned = (place for window in waiting.windows for place in window.owned)
    seen = sum(words[place].end - words[place].start for place in owned)
    return len(waiting.document.text) - visible + seen
