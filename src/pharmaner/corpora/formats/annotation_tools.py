"""JSON lines as Prodigy and doccano export them; offsets count code points.

Prodigy: ``{"text", "spans": [{"start", "end", "label"}], "meta", "answer"}``; only what was
accepted is read; other keys are metadata, but for what Prodigy keeps for itself.
doccano: ``{"id", "text", "label": [[start, end, type]]}``, or ``entities`` with
``start_offset``, ``end_offset`` and ``label``; other keys are metadata.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.jsonl import read_records
from pharmaner.corpora.formats.losses import Feature, Fitted, Loss
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document

_PRODIGY = {"id", "text", "spans", "meta", "answer", "relations"}
_PRODIGY |= {"tokens", "_input_hash", "_task_hash", "_session_id", "_annotator_id", "_view_id"}
_DOCCANO = {"id", "text", "label", "labels", "entities", "relations", "Comments"}


def read_prodigy(source: Source) -> Iterator[Found]:
    """Read a file's accepted examples one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded.
    """
    return read_records(source, _of_prodigy)


def read_doccano(source: Source) -> Iterator[Found]:
    """Read a file's documents one by one.

    Raises:
        CorpusError: when the file cannot be read or decoded.
    """
    return read_records(source, _of_doccano)


def _of_prodigy(record: dict[str, Any], source: Source, line: int) -> Found:
    answer = record.get("answer", "accept")
    if answer != "accept":
        message = f"an example was answered with {shown(answer)}; only accepted ones are read"
        return None, [Problem(source.file, line, ProblemKind.NOT_READ, message)]
    meta = record.get("meta")
    builder = _begun(record, source, line)
    if isinstance(meta, dict):
        builder.metadata = dict(meta)
    elif meta is not None:
        builder.report(ProblemKind.NOT_READ, f"meta is {shown(meta)}, not an object")
    builder.metadata |= {name: record[name] for name in record if name not in _PRODIGY}
    for span in builder.list_of(record.get("spans"), "spans"):
        held = span if isinstance(span, dict) else {}
        builder.add([(held.get("start"), held.get("end"))], held.get("label"))
    _count_unread(record, ("relations",), builder)
    return builder.build()


def _of_doccano(record: dict[str, Any], source: Source, line: int) -> Found:
    builder = _begun(record, source, line)
    for name in ("label", "labels"):
        for label in builder.list_of(record.get(name), name):
            match label:
                case [start, end, kind]:
                    builder.add([(start, end)], kind)
                case _:
                    message = f"found {shown(label)}; [start, end, type] is accepted"
                    builder.report(ProblemKind.MALFORMED, message)
    for entity in builder.list_of(record.get("entities"), "entities"):
        held = entity if isinstance(entity, dict) else {}
        ends = (held.get("start_offset"), held.get("end_offset"))
        builder.add([ends], held.get("label"), mention_id=held.get("id"))
    _count_unread(record, ("relations", "Comments"), builder)
    builder.metadata = {name: record[name] for name in record if name not in _DOCCANO}
    return builder.build()


def adapt_doccano(document: Document) -> Fitted:
    """The document without metadata that have the names of doccano's own keys, or of others'."""
    taken_names = _DOCCANO | {"spans", "mentions"}
    metadata = {n: value for n, value in document.metadata.items() if n not in taken_names}
    taken = len(document.metadata) - len(metadata)
    losses = [Loss(document.id, Feature.METADATA, "left out: the name is taken")] * taken
    adapted = Document(document.id, document.text, document.mentions, metadata=metadata)
    return adapted, losses


def write_prodigy(documents: Iterable[Document], path: Path) -> None:
    """Write documents of continuous mentions, an accepted example a line."""
    _write(documents, path, _prodigy_record)


def write_doccano(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt_doccano`` made, a line each."""
    _write(documents, path, _doccano_record)


def _prodigy_record(document: Document) -> dict[str, Any]:
    spans = [{"start": m.start, "end": m.end, "label": m.label} for m in document.mentions]
    record = {"id": document.id, "text": document.text, "spans": spans}
    return record | {"meta": dict(document.metadata), "answer": "accept"}


def _doccano_record(document: Document) -> dict[str, Any]:
    labels = [[m.start, m.end, m.label] for m in document.mentions]
    return {"id": document.id, "text": document.text, "label": labels} | dict(document.metadata)


def _write(
    documents: Iterable[Document], path: Path, record_of: Callable[[Document], dict[str, Any]]
) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            stream.write(json.dumps(record_of(document), ensure_ascii=False) + "\n")


def _begun(record: dict[str, Any], source: Source, line: int) -> DocumentBuilder:
    identifier = source.id_or_numbered(record.get("id"), line)
    return DocumentBuilder(source.file, line, identifier, record.get("text"))


def _count_unread(record: dict[str, Any], names: Iterable[str], builder: DocumentBuilder) -> None:
    for name in names:
        if record.get(name):
            builder.report(ProblemKind.NOT_READ, f"{name} are not read")
