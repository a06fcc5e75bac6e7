"""Annotated documents to training examples: windows with a tag for every owned piece."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharmaner.document import Document
from pharmaner.labels import POSITIONAL, LabelScheme, WordMention
from pharmaner.prediction.windower import Windower
from pharmaner.text.alignment import AlignmentReport, align
from pharmaner.text.pieces import NO_WORD
from pharmaner.text.windows import Window
from pharmaner.text.words import split_words

NOT_LEARNED = -100
"""The label of pieces that add nothing to the loss: context, special pieces, white space."""


@dataclass(frozen=True, slots=True)
class Example:
    """A window to learn from.

    All have shape (length,). A label is a tag's index or ``NOT_LEARNED``; ``word_index`` is that of
    the window.
    """

    input_ids: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    word_index: npt.NDArray[np.int64]


def make_examples(
    documents: Iterable[Document], windower: Windower, scheme: LabelScheme
) -> tuple[list[Example], AlignmentReport]:
    """Cut documents into windows and tag every piece with its word's tag, or its position's.

    Mentions whose label is not in the scheme are read as no mention. A word without pieces has no
    tag: those around it are written as if it were not there, as decoding reads them. A window
    without a tag, as of such words alone, is left out.

    Returns:
        The examples in order, and what the alignment of mentions with words lost.
    """
    report = AlignmentReport()
    examples = []
    for document in documents:
        words = split_words(document.text)
        mentions = align(document, words, scheme.types, report)
        windows = windower.windows(document.text, words)
        tags = _word_tags(mentions, windows, len(words), scheme)
        for window in windows:
            labels = np.full(len(window.input_ids), NOT_LEARNED, dtype=np.int64)
            owned = window.owned_pieces
            labels[owned] = tags[window.word_index[owned]]
            if scheme.tags_positions:
                _tag_positions(labels, window, windower, scheme)
            if (labels != NOT_LEARNED).any():
                examples.append(Example(window.input_ids, labels, window.word_index))
    return examples, report


def _word_tags(
    mentions: Iterable[WordMention], windows: Iterable[Window], words: int, scheme: LabelScheme
) -> npt.NDArray[np.int64]:
    """The tag of each word, ``NOT_LEARNED`` for a word without pieces."""
    has_pieces = np.zeros(words, dtype=bool)
    for window in windows:
        has_pieces[window.word_index[window.owned_pieces]] = True
    place = np.concatenate([[0], has_pieces.cumsum()])
    moved = (WordMention(int(place[m.first]), int(place[m.stop]), m.label) for m in mentions)
    tags = np.full(words, NOT_LEARNED, dtype=np.int64)
    tags[has_pieces] = scheme.encode((m for m in moved if m.first < m.stop), int(place[-1]))
    return tags


def _tag_positions(
    labels: npt.NDArray[np.int64], window: Window, windower: Windower, scheme: LabelScheme
) -> None:
    """Tag special pieces, and the pieces of owned words that do not begin one."""
    x, cls, sep = (scheme.tags.index(tag) for tag in POSITIONAL)
    labels[window.owned_pieces & ~window.first_pieces] = x
    labels[window.word_index == NO_WORD] = x
    labels[: len(windower.tokenizer.prefix)] = cls
    labels[len(labels) - len(windower.tokenizer.suffix) :] = sep
