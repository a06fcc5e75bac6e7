r"""PubTator: ``ID|t|title``, ``ID|a|abstract`` and a line for each mention, with tabs.

The text is the title, "\n" and the abstract; offsets count its code points. A document without an
``a`` line is its title. An identifier's parts, separated by ``;``, are codes; ``-`` is none.
Relations are counted as not read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pharmaner.corpora.brat import one_column
from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.losses import (
    Feature,
    Fitted,
    Loss,
    in_turn,
    with_plain_id,
    with_plain_types,
    without_codes,
)
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document

_TEXT = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_OFFSET = re.compile(r"[0-9]{1,18}")
_UNFIT_ID = re.compile(r"[|\t\r\n]")
_UNFIT_TYPE = re.compile(r"[\t\r\n]")
_UNFIT_CODE = re.compile(r"[;\t\r\n]|^-$")
_NO_CODE = {"", "-"}


def read(source: Source) -> Iterator[Found]:
    """Read a file's documents one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded.
    """
    current: _Article | None = None
    for number, line in source.lines():
        text = _TEXT.fullmatch(line)
        if text and text[2] == "t":
            if current is not None:
                yield current.build()
            current = _Article(source, number, text[1], text[3])
        elif current is not None:
            if text:
                current.add_abstract(text[1], text[3], number)
            elif line:
                current.add_line(line, number)
        elif line.strip():
            message = f"found {shown(line)}; a line such as 1|t|TITLE is accepted first"
            yield None, [Problem(source.file, number, ProblemKind.MALFORMED, message)]
    if current is not None:
        yield current.build()


class _Article:
    """A document as its lines come in."""

    def __init__(self, source: Source, line: int, document_id: str, title: str) -> None:
        self.builder = DocumentBuilder(source.file, line, document_id, title)
        self.document_id = document_id
        self.lines: list[tuple[int, list[str]]] = []
        self.has_abstract = False

    def add_abstract(self, document_id: str, abstract: str, number: int) -> None:
        if document_id != self.document_id or self.has_abstract:
            message = f"a second or another document's abstract, of {shown(document_id)}"
            self.builder.report(ProblemKind.MALFORMED, message, number)
            return
        self.builder.text = f"{self.builder.text}\n{abstract}"
        self.has_abstract = True

    def add_line(self, line: str, number: int) -> None:
        self.lines.append((number, line.split("\t")))

    def build(self) -> Found:
        for number, columns in self.lines:
            self._add(number, columns)
        return self.builder.build()

    def _add(self, number: int, columns: list[str]) -> None:
        if columns[0] != self.document_id or len(columns) < 4:
            accepted = f"{shown(self.document_id)}, start, end, text, type and code are accepted"
            message = f"found {shown(' '.join(columns))}; {accepted}"
            self.builder.report(ProblemKind.MALFORMED, message, number)
            return
        if not columns[1][:1].isdigit():
            message = f"a relation is not read: {shown(columns[1])}"
            self.builder.report(ProblemKind.NOT_READ, message, number)
            return
        if len(columns) < 5 or not all(_OFFSET.fullmatch(column) for column in columns[1:3]):
            message = f"found {shown(' '.join(columns))}; start and end in digits are accepted"
            self.builder.report(ProblemKind.MALFORMED, message, number)
            return
        codes = [code for part in columns[5:6] for code in part.split(";") if code not in _NO_CODE]
        self.builder.add(
            [(int(columns[1]), int(columns[2]))],
            columns[4],
            codes=codes,
            quotation=columns[3],
            line=number,
        )
        if any(columns[6:]):
            message = f"columns after the sixth are not read: {shown(columns[6])}"
            self.builder.report(ProblemKind.NOT_READ, message, number)


def adapt(document: Document) -> Fitted:
    """The document on two lines, names and codes without the format's separators."""
    return in_turn(
        document,
        lambda d: with_plain_id(d, _UNFIT_ID),
        lambda d: with_plain_types(d, _UNFIT_TYPE),
        lambda d: without_codes(d, _UNFIT_CODE),
        _on_two_lines,
    )


def _on_two_lines(document: Document) -> Fitted:
    losses = []
    title, line_break, abstract = document.text.partition("\n")
    spaced = title.replace("\r", " ") + line_break + abstract.replace("\r", " ").replace("\n", " ")
    if spaced != document.text:
        message = "line breaks after the first, and every CR, became spaces"
        losses.append(Loss(document.id, Feature.OFFSETS, message))
    adapted = replace(document, text=spaced)
    mentions = []
    for mention in document.mentions:
        quotation = mention.quotation
        if quotation is not None:
            flat = one_column(quotation)
            quotation = None if flat == one_column(adapted.text_of(mention)) else flat
            if quotation != mention.quotation:
                losses.append(Loss(document.id, Feature.QUOTATIONS, "tabs became spaces"))
        mentions.append(replace(mention, quotation=quotation))
    return replace(adapted, mentions=tuple(mentions)), losses


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt`` made."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            title, line_break, abstract = document.text.partition("\n")
            stream.write(f"{document.id}|t|{title}\n")
            if line_break:
                stream.write(f"{document.id}|a|{abstract}\n")
            for mention in document.mentions:
                quotation = mention.quotation
                if quotation is None:
                    quotation = one_column(document.text_of(mention))
                codes = ";".join(mention.codes) or "-"
                columns = (document.id, mention.start, mention.end, quotation, mention.label, codes)
                stream.write("\t".join(map(str, columns)) + "\n")
            stream.write("\n")
