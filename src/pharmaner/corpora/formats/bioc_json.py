"""BioC JSON: an object with ``documents``, as PubTator and the ``bioc`` package write it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pharmaner.corpora.formats.bioc import document_of, record_of
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError


def read(source: Source) -> Iterator[Found]:
    """Read a file, which is held in memory as a whole.

    Raises:
        CorpusError: when the file cannot be read or is no BioC JSON.
    """
    try:
        collection = load_json(source.text())
    except ValueError as error:
        raise CorpusError(f"{source.path}: {error}") from None
    documents = collection.get("documents") if isinstance(collection, dict) else None
    if not isinstance(documents, list):
        raise CorpusError(f'{source.path}: holds no list "documents", so it is no BioC JSON')
    for record in documents:
        yield document_of(record, source.file)
    if collection.get("infons"):
        message = "the infons of the collection are not read"
        yield None, [Problem(source.file, 0, ProblemKind.NOT_READ, message)]


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``bioc.adapt`` made, a line each."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"source": "", "date": "", "key": "", "infons": {}, "documents": [')
        for place, document in enumerate(documents):
            stream.write(",\n" if place else "\n")
            stream.write(json.dumps(record_of(document), ensure_ascii=False))
        stream.write("\n]}\n")
