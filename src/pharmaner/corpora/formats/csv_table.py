"""CSV with a header; comma, semicolon or tab, whichever the header has most of.

Cells are quoted as RFC 4180 says. Where tabs separate them, the header has no quotation mark and
the file cannot be read so, its quotation marks are part of the cells: many programs write so.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from pharmaner.corpora.formats.builder import shown
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.formats.table_rows import document_of, refuse_missing_column, rows_of
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError

_DELIMITERS = ",;\t"


def read(source: Source) -> Iterator[Found]:
    """Read a table's rows one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded, is no table (names the line on which
            the row begins that is none), or lacks a column.
    """
    csv.field_size_limit(sys.maxsize)
    try:
        with source.path.open(encoding=source.encoding, newline="") as stream:
            yield from _rows(stream, source)
    except UnicodeError as error:
        source.text()
        raise CorpusError(f"{source.path}: is not {source.encoding}: {error}") from None
    except OSError as error:
        raise CorpusError(f"{source.path}: cannot be read: {error.strerror}") from error


def _rows(stream: TextIO, source: Source) -> Iterator[Found]:
    first = stream.readline().removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=first.count)
    is_quoted = delimiter != "\t" or '"' in first or _can_be_quoted(stream)
    stream.seek(0)
    lines = chain([stream.readline().removeprefix("\ufeff")], stream)
    rows = _rows_with_lines(lines, delimiter, is_quoted, source)
    _, columns = next(rows, (0, []))
    refuse_missing_column(source, columns)
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise CorpusError(f"{source.path}: two columns are called {shown(twice)}")
    for number, (line, cells) in enumerate(rows, start=1):
        if len(cells) != len(columns):
            message = f"a row of {len(cells)} cells; {len(columns)} are accepted"
            yield None, [Problem(source.file, line, ProblemKind.MALFORMED, message)]
            continue
        row = dict(zip(columns, cells, strict=True))
        yield document_of(row, source, number, line)


def _rows_with_lines(
    lines: Iterable[str], delimiter: str, is_quoted: bool, source: Source
) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line that it begins on."""
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        strict=True,
    )
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CorpusError(f"{source.path}:{line}: is no CSV: {error}") from None


def _can_be_quoted(rest: Iterable[str]) -> bool:
    """Whether the rest of a table whose cells tabs separate can be read as quoted."""
    try:
        for _ in csv.reader(rest, delimiter="\t", strict=True):
            pass
    except csv.Error:
        return False
    return True


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``table_rows.adapt`` made; all are held until the columns are known.

    Columns are separated by tabs in a file called .tsv, by commas in any other.
    """
    columns, rows = rows_of(documents)
    with path.open("w", encoding="utf-8", newline="") as stream:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        writer = csv.DictWriter(stream, columns, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
