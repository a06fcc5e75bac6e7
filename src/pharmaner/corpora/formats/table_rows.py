"""A row of a table as a document: the text, the id and ``mentions`` are columns, others metadata.

``mentions`` holds a list of the objects of our JSON lines, as JSON or (in Parquet) as such, so that
a table of texts becomes a table of texts with their mentions, and its other columns stay.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.jsonl import adapt as with_short_scores
from pharmaner.corpora.formats.jsonl import add_mentions, mention_record
from pharmaner.corpora.formats.losses import Feature, Fitted, Loss, in_turn, with_text_metadata
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError

MENTIONS = "mentions"
COLUMNS = ("id", "text", MENTIONS)
"""The columns that are written first."""

COLUMNS_SHOWN = 20
"""How many columns a message names."""


def document_of(row: Mapping[str, Any], source: Source, number: int, line: int) -> Found:
    """The document of a row; empty cells are no metadata.

    Args:
        row: values by column.
        source: names the columns of the text and of the id; without an id the row's number is one.
        number: which row it is, from 1.
        line: where it stands in the file, 0 for somewhere.
    """
    held = row.get(source.id_column)
    identifier = source.id_or_numbered(None if held == "" else held, number)
    builder = DocumentBuilder(source.file, line, identifier, row.get(source.text_column))
    if mentions := row.get(MENTIONS):
        try:
            add_mentions(load_json(mentions) if isinstance(mentions, str) else mentions, builder)
        except ValueError as error:
            builder.report(ProblemKind.MALFORMED, f"the column {MENTIONS}: {error}")
    own = {source.id_column, source.text_column, MENTIONS}
    others = {column: value for column, value in row.items() if column not in own}
    builder.metadata = {column: v for column, v in others.items() if v is not None and v != ""}
    return builder.build()


def refuse_missing_column(source: Source, columns: Collection[str]) -> None:
    """Hold a table to its column for the text, and to that for the id where one was named.

    Raises:
        CorpusError: when it lacks one.
    """
    wanted = {"--text-column": source.text_column}
    if source.id_column not in COLUMNS:
        wanted["--id-column"] = source.id_column
    for option, column in wanted.items():
        if column not in columns:
            held = ", ".join(shown(name) for name in islice(columns, COLUMNS_SHOWN)) or "none"
            message = f"has no column {column!r}; it has {held}; {option} names one"
            raise CorpusError(f"{source.path}: {message}")


def adapt(document: Document) -> Fitted:
    """The document with metadata that are texts, none of them empty."""
    return in_turn(
        document, with_short_scores, lambda d: with_text_metadata(d, COLUMNS), _without_empty
    )


def _without_empty(document: Document) -> Fitted:
    metadata = {name: value for name, value in document.metadata.items() if value}
    empty = len(document.metadata) - len(metadata)
    losses = [Loss(document.id, Feature.METADATA, "left out: an empty cell is none")] * empty
    adapted = Document(document.id, document.text, document.mentions, metadata=metadata)
    return adapted, losses


def rows_of(documents: Iterable[Document]) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of documents that ``adapt`` made."""
    columns = dict.fromkeys(COLUMNS)
    rows = []
    for document in documents:
        mentions = [mention_record(document, mention) for mention in document.mentions]
        row = {"id": document.id, "text": document.text}
        row[MENTIONS] = json.dumps(mentions, ensure_ascii=False)
        rows.append(row | dict(document.metadata))
        columns |= dict.fromkeys(document.metadata)
    return list(columns), rows
