"""BioC JSON: an object with ``documents``, as the ``bioc`` package writes it.

PubTator 3 calls them ``PubTator3``, PubMed Central answers with a list of such objects.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pharmaner.corpora.formats.bioc import document_of, record_of
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError

DOCUMENTS = ("documents", "PubTator3")
"""What a collection may call the list of its documents."""


def read(source: Source) -> Iterator[Found]:
    """Read a file, which is held in memory as a whole.

    Raises:
        CorpusError: when the file cannot be read or is no BioC JSON.
    """
    try:
        held = load_json(source.text())
    except ValueError as error:
        raise CorpusError(f"{source.path}: {error}") from None
    collections = held if isinstance(held, list) else [held]
    for collection in collections:
        for record in _documents(collection, source):
            yield document_of(record, source.file)
        if collection.get("infons"):
            message = "the infons of the collection are not read"
            yield None, [Problem(source.file, 0, ProblemKind.NOT_READ, message)]


def _documents(collection: Any, source: Source) -> list[Any]:
    lists = [collection.get(name) for name in DOCUMENTS] if isinstance(collection, dict) else []
    documents = next((documents for documents in lists if isinstance(documents, list)), None)
    if documents is None:
        raise CorpusError(f'{source.path}: holds no list "documents", so it is no BioC JSON')
    return documents


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``bioc.adapt`` made, a line each."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"source": "", "date": "", "key": "", "infons": {}, "documents": [')
        for place, document in enumerate(documents):
            stream.write(",\n" if place else "\n")
            stream.write(json.dumps(record_of(document), ensure_ascii=False))
        stream.write("\n]}\n")
