"""Documents to emissions to mentions: one path for scoring, for bulk work and for one note."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Document, Span
from pharmaner.labels import POSITIONAL, LabelScheme
from pharmaner.recipe import TextSection
from pharmaner.text.pieces import NO_WORD, PieceTokenizer
from pharmaner.text.sentences import split_sentences
from pharmaner.text.windows import Window, cut_windows, sentence_units
from pharmaner.text.words import split_words

PIECES_IN_FLIGHT = 65_536
"""Documents are read ahead until their windows hold this many pieces; it bounds the memory."""

BATCH_PIECES = 4_096
"""The most pieces, padding included, that the network sees in one batch of several windows."""


class Backend(Protocol):
    """Whatever turns pieces into tags' log-probabilities."""

    def log_probabilities(
        self, input_ids: npt.NDArray[np.int64], attention_mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """Score one padded batch.

        Args:
            input_ids: shape (windows, pieces).
            attention_mask: 1 for pieces, 0 for padding, shape (windows, pieces).

        Returns:
            Shape (windows, pieces, tags).
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
class Windower:
    """Cuts texts as a recipe says."""

    tokenizer: PieceTokenizer
    text: TextSection

    def windows(self, text: str, words: Sequence[Span]) -> list[Window]:
        """The windows of a text; together they own every word once."""
        units = [range(len(words))] if words else []
        if self.text.input == "sentence":
            units = sentence_units(words, split_sentences(text))
        pieces = self.tokenizer.pieces(text, words)
        prefix, suffix = self.tokenizer.prefix, self.tokenizer.suffix
        return cut_windows(pieces, units, self.text.window, self.text.context, prefix, suffix)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document cut into windows, its words' scores not yet known."""

    document: Document
    words: tuple[Span, ...]
    windows: list[Window]
    conflicts: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def pieces(self) -> int:
        return sum(len(window.input_ids) for window in self.windows)


class Predictor:
    """Predicts mentions with some backend.

    Args:
        backend: scores the windows.
        windower: cuts the texts.
        scheme: the tags of the backend's output, in its order.
        auxiliary: types that were learned but are never returned.
        pad_id: the vocabulary index of padding.
        decoder: decides the mentions; by default every word by itself.
    """

    def __init__(
        self,
        backend: Backend,
        windower: Windower,
        scheme: LabelScheme,
        auxiliary: Iterable[str] = (),
        pad_id: int = 0,
        decoder: Decoder | None = None,
    ) -> None:
        self.backend = backend
        self.windower = windower
        self.scheme = scheme
        self.auxiliary = frozenset(auxiliary)
        self.pad_id = pad_id
        self.decoder = decoder or Decoder(scheme)

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Predict the mentions of texts, in order, reading ahead a bounded amount."""
        for waiting, emissions in self._scored(documents):
            mentions = self.decoder.mentions(emissions)
            returned = [m for m in mentions if m.label not in self.auxiliary]
            document = waiting.document.with_mentions(returned)
            yield Prediction(document, _covered(waiting), *waiting.conflicts)

    def emissions(self, documents: Iterable[Document]) -> Iterator[Emissions]:
        """The emissions of texts, in order, reading ahead a bounded amount."""
        for _, emissions in self._scored(documents):
            yield emissions

    def _scored(self, documents: Iterable[Document]) -> Iterator[tuple[_Waiting, Emissions]]:
        waiting: list[_Waiting] = []
        pieces = 0
        for document in documents:
            words = tuple(split_words(document.text))
            cut = _Waiting(document, words, self.windower.windows(document.text, words))
            waiting.append(cut)
            pieces += cut.pieces
            if pieces >= PIECES_IN_FLIGHT:
                yield from self._score(waiting)
                waiting, pieces = [], 0
        yield from self._score(waiting)

    def _score(self, waiting: Sequence[_Waiting]) -> Iterator[tuple[_Waiting, Emissions]]:
        tags = len(self.scheme.tags)
        sums = [np.zeros((len(cut.words), tags)) for cut in waiting]
        counts = [np.zeros(len(cut.words)) for cut in waiting]
        windows = [(place, w) for place, cut in enumerate(waiting) for w in cut.windows]
        windows.sort(key=lambda item: len(item[1].input_ids))
        for batch in _batches(windows):
            scored = self._run([window for _, window in batch])
            for (place, window), scores in zip(batch, scored, strict=True):
                read = window.owned_pieces
                scores = scores[: len(read)]
                if self.scheme.tags_positions:
                    self._count_conflicts(window, scores, waiting[place].conflicts)
                    read &= window.first_pieces
                np.add.at(sums[place], window.word_index[read], scores[read])
                np.add.at(counts[place], window.word_index[read], 1)
        for cut, total, count in zip(waiting, sums, counts, strict=True):
            yield cut, Emissions(cut.document.id, cut.words, _mean(total, count))

    def _count_conflicts(
        self, window: Window, scores: npt.NDArray[np.floating], conflicts: list[int]
    ) -> None:
        """Add the window's two counts of ``Prediction``."""
        is_positional = scores.argmax(axis=1) >= len(self.scheme.tags) - len(POSITIONAL)
        begins = window.owned_pieces & window.first_pieces
        is_context = (window.word_index != NO_WORD) & ~window.owned_pieces
        conflicts[0] += int((begins & is_positional).sum())
        conflicts[1] += int((~begins & ~is_context & ~is_positional).sum())

    def _run(self, windows: Sequence[Window]) -> npt.NDArray[np.floating]:
        length = max(len(window.input_ids) for window in windows)
        input_ids = np.full((len(windows), length), self.pad_id, dtype=np.int64)
        attention_mask = np.zeros_like(input_ids)
        for row, window in enumerate(windows):
            input_ids[row, : len(window.input_ids)] = window.input_ids
            attention_mask[row, : len(window.input_ids)] = 1
        return self.backend.log_probabilities(input_ids, attention_mask)


def _batches(windows: list[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    batch: list[tuple[int, Window]] = []
    for item in windows:
        if batch and (len(batch) + 1) * len(item[1].input_ids) > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


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
