"""Documents to emissions to mentions: one path for scoring, for bulk work and for one note."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Document, Span
from pharmaner.labels import POSITIONAL, LabelScheme
from pharmaner.prediction.failures import OnFailure, all_or_each, report
from pharmaner.prediction.pipelining import read_ahead, work_behind
from pharmaner.prediction.windower import Windower
from pharmaner.surface.scorer import SurfaceScorer
from pharmaner.text.pieces import NO_WORD
from pharmaner.text.windows import Window
from pharmaner.text.words import split_words

PIECES_IN_FLIGHT = 32_768
"""Documents are cut and scored this many pieces at a time; it bounds the memory."""

CHARACTERS_OF_A_PIECE = 8
"""So many code points of text, a document being one at least, take the room of a piece."""

CLOSE_CALL = 2.5
"""Tags nearer to each other than this, in nats, may change places when a backend rounds."""


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


_Seen = tuple[_Waiting, npt.NDArray[np.float64]]
"""A document and its words' log-probabilities by the network alone, shape (words, tags)."""

_Scored = tuple[_Waiting, Emissions]


class Predictor:
    """Predicts mentions with some backend.

    Args:
        backend: scores the windows.
        windower: cuts the texts.
        scheme: the tags of the backend's output, in its order.
        auxiliary: types that were learned but are never returned.
        decoder: decides the mentions; by default from the emissions alone.
        surface: adds to the emissions what words look like.
        exact: scores again, in the place of a backend that rounds, windows that own a close call.
    """

    def __init__(
        self,
        backend: Backend,
        windower: Windower,
        scheme: LabelScheme,
        auxiliary: Iterable[str] = (),
        decoder: Decoder | None = None,
        surface: SurfaceScorer | None = None,
        exact: Backend | None = None,
    ) -> None:
        self.backend = backend
        self.windower = windower
        self.scheme = scheme
        self.auxiliary = frozenset(auxiliary)
        self.decoder = decoder or Decoder(scheme)
        self.surface = surface
        self.exact = exact

    def predict(
        self, documents: Iterable[Document], on_failure: OnFailure | None = None
    ) -> Iterator[Prediction]:
        """Predict the mentions of texts, in order.

        While some documents are scored, other threads cut the next ones, a bounded amount, and
        decide the mentions of the last ones: the first predictions come when as many documents
        more were taken and scored.

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
        with closing(self._seen_chunks(documents, on_failure)) as chunks:
            yield from work_behind(lambda seen: self._decided(seen, on_failure), chunks)

    def emissions(self, documents: Iterable[Document]) -> Iterator[Emissions]:
        """The emissions of texts, in order, read ahead as ``predict`` does."""
        for seen in self._seen_chunks(documents, None):
            yield from (emissions for _, emissions in self._score(seen))

    def _decided(self, seen: Sequence[_Seen], on_failure: OnFailure | None) -> list[Prediction]:
        scored = all_or_each(self._score, seen, lambda one: one[0].document, on_failure)
        return all_or_each(self._predictions, scored, lambda one: one[0].document, on_failure)

    def _predictions(self, chunk: Sequence[_Scored]) -> list[Prediction]:
        texts = [waiting.document.text for waiting, _ in chunk]
        found = self.decoder.decode([emissions for _, emissions in chunk], texts)
        predictions = []
        for (waiting, _), mentions in zip(chunk, found, strict=True):
            returned = [m for m in mentions if m.label not in self.auxiliary]
            document = waiting.document.with_mentions(returned)
            predictions.append(Prediction(document, _covered(waiting), *waiting.conflicts))
        return predictions

    def _seen_chunks(
        self, documents: Iterable[Document], on_failure: OnFailure | None
    ) -> Generator[list[_Seen]]:
        for chunk in read_ahead(self._chunks(documents, on_failure)):
            yield all_or_each(self._see, chunk, lambda cut: cut.document, on_failure)

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
                report(document, error, on_failure)
                continue
            chunk.append(cut)
            size += cut.size
            if size >= PIECES_IN_FLIGHT:
                yield chunk
                chunk, size = [], 0
        yield chunk

    def _see(self, waiting: Sequence[_Waiting]) -> list[_Seen]:
        for cut in waiting:
            cut.conflicts[:] = [0, 0]
        windows = [(place, w) for place, cut in enumerate(waiting) for w in cut.windows]
        scored = self.backend.log_probabilities([window.input_ids for _, window in windows])
        if self.scheme.tags_positions:
            for (place, window), scores in zip(windows, scored, strict=True):
                self._count_conflicts(window, scores, waiting[place].conflicts)
        return list(zip(waiting, self._word_scores(waiting, windows, scored), strict=True))

    def _word_scores(
        self,
        waiting: Sequence[_Waiting],
        windows: Sequence[tuple[int, Window]],
        scored: Sequence[npt.NDArray[np.floating]],
    ) -> list[npt.NDArray[np.float64]]:
        """Each document's words' scores in some windows; NaN for words that none of them owns."""
        tags = len(self.scheme.tags)
        sums = [np.zeros((len(cut.words), tags)) for cut in waiting]
        counts = [np.zeros(len(cut.words)) for cut in waiting]
        for (place, window), scores in zip(windows, scored, strict=True):
            read = window.owned_pieces
            if self.scheme.tags_positions:
                read &= window.first_pieces
            np.add.at(sums[place], window.word_index[read], scores[read])
            np.add.at(counts[place], window.word_index[read], 1)
        return list(map(_mean, sums, counts))

    def _score(self, seen: Sequence[_Seen]) -> list[_Scored]:
        scored = [(cut, self._emissions(cut, scores)) for cut, scores in seen]
        return scored if self.exact is None else self._confirmed(self.exact, seen, scored)

    def _confirmed(
        self, exact: Backend, seen: Sequence[_Seen], scored: list[_Scored]
    ) -> list[_Scored]:
        """The documents' emissions where the windows that own a close call are scored exactly.

        What then is no mention may make its other occurrences close calls, so it is looked again.
        """
        waiting = [cut for cut, _ in seen]
        rounded = [list(cut.windows) for cut in waiting]
        scores = [given for _, given in seen]
        changed = list(range(len(seen)))
        while changed:
            emissions = [scored[place][1] for place in changed]
            leads = self.decoder.leads(emissions, [waiting[n].document.text for n in changed])
            close = [
                (place, window)
                for place, lead in zip(changed, leads, strict=True)
                for window in rounded[place]
                if (lead[window.owned.start : window.owned.stop] < CLOSE_CALL).any()
            ]
            again = exact.log_probabilities([window.input_ids for _, window in close])
            exactly = self._word_scores(waiting, close, again)
            changed = sorted({place for place, _ in close})
            for place in changed:
                done = [window for at, window in close if at == place]
                rounded[place] = [w for w in rounded[place] if not any(w is one for one in done)]
                better = exactly[place]
                scores[place] = np.where(np.isnan(better), scores[place], better)
                scored[place] = waiting[place], self._emissions(waiting[place], scores[place])
        return scored

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
