"""Parquet (the extra ``parquet`` brings pyarrow); columns as in CSV."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.formats.table_rows import document_of, refuse_missing_column, rows_of
from pharmaner.document import Document
from pharmaner.errors import CorpusError, MissingExtraError

ROWS_AT_ONCE = 1024
LARGEST_ROW_GROUP = 4 * 1024**3
"""The most bytes that a group of rows may claim to be, unpacked."""


def read(source: Source) -> Iterator[Found]:
    """Read a table's rows one by one.

    Raises:
        CorpusError: when the file cannot be read, is no Parquet, or lacks a column.
        MissingExtraError: without pyarrow.
    """
    arrow = _arrow()
    parquet = arrow.parquet
    if source.path.is_dir() or not source.path.exists():
        source.content()
    try:
        with parquet.ParquetFile(source.path) as table:
            columns = table.schema_arrow.names
            refuse_missing_column(source, columns)
            groups = range(table.metadata.num_row_groups)
            if any(table.metadata.row_group(n).total_byte_size > LARGEST_ROW_GROUP for n in groups):
                raise CorpusError(
                    f"{source.path}: a group of rows is over {LARGEST_ROW_GROUP} bytes"
                )
            number = 0
            for batch in table.iter_batches(batch_size=ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    plain = {column: _plain(value) for column, value in row.items()}
                    plain[source.text_column] = row[source.text_column]
                    yield document_of(plain, source, number, 0)
    except (arrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        reason = str(error).split("\n")[0][:120]
        raise CorpusError(f"{source.path}: cannot be read as Parquet: {reason}") from None


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``table_rows.adapt`` made, every column as text.

    Raises:
        MissingExtraError: without pyarrow.
    """
    arrow = _arrow()
    columns, rows = rows_of(documents)
    arrays = [arrow.array([row.get(c) for row in rows], arrow.string()) for c in columns]
    arrow.parquet.write_table(arrow.table(arrays, names=columns), path)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; dates, decimals and the like become text, NaN becomes none."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    return [_plain(held) for held in value] if isinstance(value, list) else str(value)


def _arrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        message = "Parquet needs pyarrow; `pip install 'pharmaner[parquet]'` brings it"
        raise MissingExtraError(message) from None
    arrow: ModuleType = pyarrow
    return arrow
