"""Label Studio's JSON export: a list of tasks; offsets count code points.

``{"id", "data": {"text", …}, "annotations": [{"result": [{"id", "type": "labels", "value":
{"start", "end", "text", "labels"}, "meta": {"text": [NOTE]}, "score"}]}]}``. Of several
annotations the first that was not cancelled is read, without any the first prediction; the others
are counted.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pharmaner.corpora.attachments import remarks
from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.jsonl import adapt as with_short_scores
from pharmaner.corpora.formats.losses import Feature, Fitted, Loss
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError


def read(source: Source) -> Iterator[Found]:
    """Read a file, which is held in memory as a whole.

    Raises:
        CorpusError: when the file cannot be read or is no list of tasks.
    """
    try:
        tasks = load_json(source.text())
    except ValueError as error:
        raise CorpusError(f"{source.path}: {error}") from None
    if not isinstance(tasks, list):
        raise CorpusError(f"{source.path}: is no list of tasks, so it is no Label Studio export")
    for number, task in enumerate(tasks, start=1):
        yield _document(_mapping(task), source, number)


def _document(task: dict[str, Any], source: Source, number: int) -> Found:
    data = _mapping(task.get("data"))
    identifier = source.id_or_numbered(task.get("id"), number)
    builder = DocumentBuilder(source.file, 0, identifier, data.get(source.text_column))
    builder.metadata = {key: data[key] for key in data if key != source.text_column}
    annotations = [_mapping(a) for a in _list(task.get("annotations"))]
    predictions = [_mapping(p) for p in _list(task.get("predictions"))]
    finished = [a for a in annotations if not a.get("was_cancelled")]
    read = (finished or predictions)[:1]
    for other in [*annotations, *predictions]:
        if not any(other is one for one in read):
            unread = len(_list(other.get("result")))
            message = f"another annotation of {unread} results is not read"
            builder.report(ProblemKind.NOT_READ, message)
    for result in _list(read[0].get("result")) if read else ():
        _add(_mapping(result), builder)
    return builder.build()


def _add(result: dict[str, Any], builder: DocumentBuilder) -> None:
    value = _mapping(result.get("value"))
    if result.get("type") != "labels" or not isinstance(value.get("labels"), list):
        builder.report(ProblemKind.NOT_READ, f"a result of type {shown(result.get('type'))}")
        return
    notes = _mapping(result.get("meta")).get("text", [])
    notes = notes if isinstance(notes, list) else [notes]
    for label in value["labels"]:
        builder.add(
            [(value.get("start"), value.get("end"))],
            label,
            mention_id=result.get("id"),
            score=result.get("score"),
            quotation=value.get("text"),
            notes=[note for note in notes if isinstance(note, str)],
        )


def adapt(document: Document) -> Fitted:
    """The document with scores of four decimals, and without metadata called ``text``."""
    rounded, _ = with_short_scores(document)
    metadata = {name: value for name, value in document.metadata.items() if name != "text"}
    taken = len(document.metadata) - len(metadata)
    losses = [Loss(document.id, Feature.METADATA, "left out: the name is taken")] * taken
    return replace(rounded, metadata=metadata), losses


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt`` made, a task a line."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("[")
        for place, document in enumerate(documents):
            stream.write(",\n" if place else "\n")
            stream.write(json.dumps(_task(document), ensure_ascii=False))
        stream.write("\n]\n")


def _task(document: Document) -> dict[str, Any]:
    said, _ = remarks(document.attachments, document.mentions)
    results = []
    noted = set()
    for mention in document.mentions:
        text = document.text_of(mention) if mention.quotation is None else mention.quotation
        value = {"start": mention.start, "end": mention.end, "text": text}
        result: dict[str, Any] = {"from_name": "label", "to_name": "text", "type": "labels"}
        result["value"] = value | {"labels": [mention.label]}
        if mention.id:
            result["id"] = mention.id
            if mention.id not in noted and said[mention.id].notes:
                result["meta"] = {"text": said[mention.id].notes}
            noted.add(mention.id)
        if mention.score is not None:
            result["score"] = mention.score
        results.append(result)
    data = {"text": document.text} | dict(document.metadata)
    return {"id": document.id, "data": data, "annotations": [{"result": results}]}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
