"""Our JSON lines, as ``pharmaner predict`` writes them; a document's every feature has a place.

``{"id", "text", "mentions": [{"start", "end", "label", "text", "score"}]}``. A discontinuous
mention also has ``spans``, a list of [start, end]; ``id``, ``codes``, ``attachments`` (brat's
other lines) and ``metadata`` stand where there are any. Offsets count code points. Unknown keys
are metadata.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.losses import Fitted
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Attachment, Document, Mention

_KNOWN = {"id", "text", "mentions", "attachments", "metadata", "characters_covered"}

RecordReader = Callable[[dict[str, Any], Source, int], Found]


def read(source: Source) -> Iterator[Found]:
    """Read a file's documents one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded.
    """
    return read_records(source, document_of)


def read_records(source: Source, document_of: RecordReader) -> Iterator[Found]:
    """Read each line that is not blank as one JSON object.

    Args:
        source: the file.
        document_of: makes a document from an object, the source and the number of the line.
    """
    for number, line in source.lines():
        if not line.strip():
            continue
        try:
            record = load_json(line)
            if not isinstance(record, dict):
                raise ValueError(f"an object is accepted, found {shown(record)}")
        except ValueError as error:
            yield None, [Problem(source.file, number, ProblemKind.MALFORMED, str(error))]
            continue
        yield document_of(record, source, number)


def document_of(record: dict[str, Any], source: Source, line: int) -> Found:
    """The document of one object."""
    identifier = source.id_or_numbered(record.get("id"), line)
    builder = DocumentBuilder(source.file, line, identifier, record.get("text"))
    add_mentions(record.get("mentions", []), builder)
    for held in builder.list_of(record.get("attachments"), "attachments"):
        match held:
            case {"line": str(content), "after": int(after)} if "\n" not in content:
                place = min(max(after, 0), len(builder.mentions))
                builder.attachments.append(Attachment(content, place))
            case _:
                builder.report(ProblemKind.MALFORMED, f"an attachment is {shown(held)}")
    metadata = record.get("metadata", {})
    if isinstance(metadata, dict):
        builder.metadata = dict(metadata)
    else:
        builder.report(ProblemKind.MALFORMED, f"metadata are {shown(metadata)}, not an object")
    builder.metadata |= {name: record[name] for name in record if name not in _KNOWN}
    return builder.build()


def add_mentions(records: Any, builder: DocumentBuilder) -> None:
    """Add the mentions of a list of objects, as ``mention_record`` makes them."""
    for record in builder.list_of(records, "mentions"):
        if not isinstance(record, dict):
            builder.report(ProblemKind.MALFORMED, f"a mention is {shown(record)}, not an object")
            continue
        spans = record.get("spans")
        if spans is None:
            spans = [[record.get("start"), record.get("end")]]
        if not isinstance(spans, list) or not all(map(_is_pair, spans)):
            builder.report(ProblemKind.MALFORMED, f"spans are {shown(spans)}, not [start, end]…")
            continue
        builder.add(
            [(start, end) for start, end in spans],
            record.get("label"),
            mention_id=record.get("id"),
            score=record.get("score"),
            codes=builder.list_of(record.get("codes"), "codes"),
            quotation=record.get("text"),
        )


def _is_pair(span: object) -> bool:
    return isinstance(span, list) and len(span) == 2


def mention_record(document: Document, mention: Mention) -> dict[str, Any]:
    """A mention as an object."""
    text = document.text_of(mention) if mention.quotation is None else mention.quotation
    record = {"start": mention.start, "end": mention.end, "label": mention.label, "text": text}
    record["score"] = None if mention.score is None else round(mention.score, 4)
    if len(mention.spans) > 1:
        record["spans"] = [[span.start, span.end] for span in mention.spans]
    if mention.id:
        record["id"] = mention.id
    if mention.codes:
        record["codes"] = list(mention.codes)
    return record


def adapt(document: Document) -> Fitted:
    """The document with scores of four decimals."""
    mentions = tuple(
        mention if mention.score is None else replace(mention, score=round(mention.score, 4))
        for mention in document.mentions
    )
    return replace(document, mentions=mentions), []


def write(documents: Iterable[Document], path: Path) -> None:
    """Write a document a line."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            stream.write(json.dumps(_record(document), ensure_ascii=False) + "\n")


def _record(document: Document) -> dict[str, Any]:
    mentions = [mention_record(document, mention) for mention in document.mentions]
    record: dict[str, Any] = {"id": document.id, "text": document.text, "mentions": mentions}
    if document.attachments:
        record["attachments"] = [{"line": a.line, "after": a.after} for a in document.attachments]
    if document.metadata:
        record["metadata"] = dict(document.metadata)
    return record
