"""CSV with a header; comma, semicolon or tab, whichever the header has most of."""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pharmaner.corpora.formats.builder import shown
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.formats.table_rows import document_of, missing_column, rows_of
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError

_DELIMITERS = ",;\t"


def read(source: Source) -> Iterator[Found]:
    """Read a table's rows one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded, is no table, or has no column for the
            text.
    """
    csv.field_size_limit(sys.maxsize)
    try:
        with source.path.open(encoding=source.encoding, newline="") as stream:
            yield from _rows(stream, source)
    except UnicodeError as error:
        source.text()
        raise CorpusError(f"{source.path}: is not {source.encoding}: {error}") from None
    except csv.Error as error:
        raise CorpusError(f"{source.path}: is no CSV: {error}") from None
    except OSError as error:
        raise CorpusError(f"{source.path}: cannot be read: {error.strerror}") from error


def _rows(stream: Iterable[str], source: Source) -> Iterator[Found]:
    lines = iter(stream)
    first = next(lines, "").removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(_again(first, lines), delimiter=delimiter, strict=True)
    columns = next(rows, [])
    if source.text_column not in columns:
        raise CorpusError(missing_column(source, columns))
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise CorpusError(f"{source.path}: two columns are called {shown(twice)}")
    for number, cells in enumerate((row for row in rows if row), start=1):
        if len(cells) != len(columns):
            message = f"a row of {len(cells)} cells; {len(columns)} are accepted"
            yield None, [Problem(source.file, rows.line_num, ProblemKind.MALFORMED, message)]
            continue
        row = dict(zip(columns, cells, strict=True))
        yield document_of(row, source, number, rows.line_num)


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


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
