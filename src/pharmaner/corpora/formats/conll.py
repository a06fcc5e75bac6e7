r"""CoNLL: a token a line with its tag in the last column, a blank line between sentences.

Two or more columns, by tabs or by spaces, the token in the first, or in the second where the first
numbers the words. ``-DOCSTART-`` opens a document, and without any a file is one document. Tags are
``O`` or a letter of BIOES, BILOU or BMEWO, a hyphen and the type; one that continues nothing opens
a mention (IOB1 too). Lines that begin with ``#`` and end with no tag are comments.

The text is rebuilt: a space between tokens, "\n" between sentences; offsets count its code points.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.losses import (
    Feature,
    Fitted,
    Loss,
    in_turn,
    with_plain_id,
    with_plain_types,
)
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Document, Mention, Span
from pharmaner.labels import OUTSIDE
from pharmaner.text.alignment import AlignmentReport, align, to_span
from pharmaner.text.sentences import split_sentences
from pharmaner.text.words import split_words

DOCUMENT_START = "-DOCSTART-"

TAG = re.compile(r"O|[BIESLUMW]-.+", re.DOTALL)
_NAMED_START = re.compile(r"-DOCSTART- \((.+)\)(?:\tO)?", re.DOTALL)
_UNFIT = re.compile(r"[ \t\r\n]")
_UNFIT_ID = re.compile(r"[\t\r\n]")
_FATES = {
    "overlap": "left out where a longer one has a word of it",
    "boundary": "a mention fitted to whole words",
    "no_words": "a mention of white space left out",
}


class _Rebuilding:
    """A document as its tokens come in."""

    def __init__(self, source: Source, line: int, document_id: str) -> None:
        self.builder = DocumentBuilder(source.file, line, document_id, "")
        self.parts: list[str] = []
        self.length = 0
        self.ended_sentence = False
        self.ranges: list[tuple[int, int, str]] = []
        self.previous = OUTSIDE

    def end_sentence(self) -> None:
        self.ended_sentence = bool(self.parts)
        self.previous = OUTSIDE

    def add(self, token: str, tag: str) -> None:
        if self.parts:
            self.parts.append("\n" if self.ended_sentence else " ")
            self.length += 1
        self.ended_sentence = False
        start, end = self.length, self.length + len(token)
        self.parts.append(token)
        self.length = end
        prefix, _, label = tag.partition("-")
        before, _, label_before = self.previous.partition("-")
        if prefix in {"I", "E", "L", "M"} and before in {"B", "I", "M"} and label == label_before:
            self.ranges[-1] = (self.ranges[-1][0], end, label)
        elif prefix != OUTSIDE:
            self.ranges.append((start, end, label))
        self.previous = tag

    def build(self) -> Found:
        self.builder.text = "".join(self.parts)
        for start, end, label in self.ranges:
            self.builder.add([(start, end)], label)
        return self.builder.build()


def read(source: Source) -> Iterator[Found]:
    """Read a file's documents one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded.
    """
    stem = source.path.stem
    current: _Rebuilding | None = None
    count = 0
    token_column, lines = _token_column(source.lines())
    for number, line in lines:
        if line.startswith(DOCUMENT_START):
            if current is not None:
                yield current.build()
            count += 1
            named = _NAMED_START.fullmatch(line)
            current = _Rebuilding(source, number, named[1] if named else f"{stem}-{count}")
            continue
        if current is None:
            current = _Rebuilding(source, number, stem)
        if not line.strip(" \t"):
            current.end_sentence()
            continue
        columns = _columns(line)
        is_row = len(columns) > token_column + 1 and columns[token_column]
        if is_row and TAG.fullmatch(columns[-1]):
            current.add(columns[token_column], columns[-1])
        elif not line.startswith("#"):
            accepted = "a token and, in the last column, O or a tag such as B-TYPE are accepted"
            message = f"found {shown(line)}; {accepted}"
            current.builder.report(ProblemKind.MALFORMED, message, number)
    if current is not None:
        yield current.build()


def _columns(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else [column for column in line.split(" ") if column]


def _token_column(lines: Iterable[tuple[int, str]]) -> tuple[int, Iterator[tuple[int, str]]]:
    """1 where the first column numbers the words of the first sentence, else 0; and all lines."""
    waiting = iter(lines)
    looked_at = []
    numbers: list[str] = []
    for number, line in waiting:
        looked_at.append((number, line))
        columns = _columns(line)
        if len(columns) > 2 and TAG.fullmatch(columns[-1]):
            numbers.append(columns[0])
            if columns[0] != str(int(numbers[0] == "1") + len(numbers) - 1):
                numbers = []
                break
        elif numbers:
            break
    return int(len(numbers) > 1), chain(looked_at, waiting)


def adapt(document: Document) -> Fitted:
    """The document with its text rebuilt from words, its mentions as ranges of whole words."""
    document, losses = in_turn(
        document,
        lambda d: with_plain_id(d, _UNFIT_ID),
        lambda d: with_plain_types(d, _UNFIT),
    )
    words = split_words(document.text)
    report = AlignmentReport()
    ranges = align(document, words, {mention.label for mention in document.mentions}, report)
    for loss in report.losses:
        feature = Feature.NESTED if loss.reason == "overlap" else Feature.OFFSETS
        losses.append(Loss(document.id, feature, _FATES[loss.reason]))
    inside = {place for ranged in ranges for place in range(ranged.first + 1, ranged.stop)}
    sentences = _sentence_starts(document.text, words) - inside
    pieces = []
    spans = []
    length = 0
    for place, word in enumerate(words):
        gap = ("\n" if place in sentences else " ") if place else ""
        pieces.append(gap + document.text[word.start : word.end])
        spans.append(Span(length + len(gap), length + len(pieces[-1])))
        length += len(pieces[-1])
    text = "".join(pieces)
    if text != document.text:
        losses.append(Loss(document.id, Feature.OFFSETS, "white space of the text rebuilt"))
    mentions = tuple(Mention((to_span(ranged, spans),), ranged.label) for ranged in ranges)
    return replace(document, text=text, mentions=mentions), losses


def _sentence_starts(text: str, words: Sequence[Span]) -> set[int]:
    """Which words begin a sentence; a text that was rebuilt before has a sentence a line.

    The rules for prose would cut a rebuilt text anew: ``Dra . Gil`` hides the abbreviation.
    """
    gaps = [text[a.end : b.start] for a, b in pairwise(words)]
    if set(gaps) <= {" ", "\n"}:
        return {place for place, gap in enumerate(gaps, start=1) if gap == "\n"}
    starts = [word.start for word in words]
    return {bisect_left(starts, sentence.start) for sentence in split_sentences(text)}


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt`` made: BIO, two columns, a tab between them."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            stream.write(f"{DOCUMENT_START} ({document.id})\tO\n\n")
            stream.writelines(_sentences(document))


def _sentences(document: Document) -> Iterator[str]:
    waiting = deque(document.mentions)
    start = 0
    for sentence in document.text.split("\n") if document.text else ():
        for token in sentence.split(" "):
            while waiting and waiting[0].end <= start:
                waiting.popleft()
            tag = OUTSIDE
            if waiting and waiting[0].start <= start:
                tag = f"{'B' if waiting[0].start == start else 'I'}-{waiting[0].label}"
            yield f"{token}\t{tag}\n"
            start += len(token) + 1
        yield "\n"
