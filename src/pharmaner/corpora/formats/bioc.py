r"""BioC, https://bioc.sourceforge.net: the record that its XML and its JSON share, and documents.

Offsets count code points from the start of the document. The text is each passage's (or its
sentences') put where its offset says, "\n" filling what lies between; a document is written as one
passage at 0. An annotation's infons: ``type`` is its type, ``identifier`` its codes separated by
``;``, ``score`` and ``note`` are what they say, any other is the code ``KEY:VALUE``.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from pharmaner.corpora.attachments import remarks
from pharmaner.corpora.formats.builder import DocumentBuilder, shown
from pharmaner.corpora.formats.losses import Fitted, in_turn, with_text_metadata, without_codes
from pharmaner.corpora.formats.source import Found
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Document

LARGEST_GAP = 1_000_000
"""The most code points that may lie between two passages."""

_SCORE = re.compile(r"[01](\.[0-9]{1,17})?")
_KNOWN_INFONS = {"type", "identifier", "score", "note"}
_TERMINOLOGIES = frozenset(
    "atc cas chebi chembl cie10 cui doid drugbank ensembl go hgnc hpo icd10 icd10cm icdo loinc "
    "mesh mondo ncbigene ncbitaxonomy ncit omim orphanet pubchem rxcui rxnorm snomed snomedct "
    "taxonomy umls unii uniprot".split()
)


def document_of(record: Any, file: str, line: int = 0) -> Found:
    """The document of a record, a BioC JSON document.

    ``line`` is where it stands in the file, 0 for somewhere.
    """
    record = _mapping(record)
    builder = DocumentBuilder(file, line, record.get("id"), "")
    passages = [_mapping(passage) for passage in _list(record.get("passages"))]
    parts = [part for passage in passages for part in _texts(passage)]
    builder.text = _joined(parts, builder)
    builder.metadata = dict(_mapping(record.get("infons")))
    holders = [record, *passages]
    holders += [_mapping(s) for passage in passages for s in _list(passage.get("sentences"))]
    for holder in holders:
        for annotation in _list(holder.get("annotations")):
            _add(_mapping(annotation), builder)
    for name, things in (
        ("relations", [r for holder in holders for r in _list(holder.get("relations"))]),
        ("infons of passages and sentences", [h for h in holders[1:] if h.get("infons")]),
    ):
        if things:
            builder.report(ProblemKind.NOT_READ, f"{len(things)} {name} are not read")
    return builder.build()


def record_of(document: Document) -> dict[str, Any]:
    """The record of a document that ``adapt`` made."""
    said, _ = remarks(document.attachments, document.mentions)
    annotations = []
    noted = set()
    for mention in document.mentions:
        infons = {"type": mention.label}
        if mention.codes:
            infons["identifier"] = ";".join(mention.codes)
        if mention.score is not None:
            infons["score"] = f"{mention.score:.4f}"
        if mention.id and mention.id not in noted and said[mention.id].notes:
            infons["note"] = "\n".join(said[mention.id].notes)
            noted.add(mention.id)
        text = document.text_of(mention) if mention.quotation is None else mention.quotation
        locations = [{"offset": s.start, "length": s.end - s.start} for s in mention.spans]
        annotation = {"id": mention.id, "infons": infons, "text": text}
        annotations.append({**annotation, "locations": locations})
    passage = {"offset": 0, "infons": {}, "text": document.text, "sentences": []}
    passage |= {"annotations": annotations, "relations": []}
    return {
        "id": document.id,
        "infons": dict(document.metadata),
        "passages": [passage],
        "annotations": [],
        "relations": [],
    }


def adapt(document: Document) -> Fitted:
    """The document with metadata that are texts, codes without ``;``, and an id a mention."""
    fitted, losses = in_turn(
        document, with_text_metadata, lambda d: without_codes(d, re.compile(";"))
    )
    taken = {mention.id for mention in fitted.mentions}
    free = (str(number) for number in count(1) if str(number) not in taken)
    mentions = [
        replace(
            mention,
            id=mention.id or next(free),
            score=None if mention.score is None else round(mention.score, 4),
        )
        for mention in fitted.mentions
    ]
    return replace(fitted, mentions=tuple(mentions)), losses


def _add(annotation: dict[str, Any], builder: DocumentBuilder) -> None:
    held = _mapping(annotation.get("infons"))
    infons = {key: value for key, value in held.items() if value is not None}
    codes = [code for code in str(infons.get("identifier", "")).split(";") if code]
    codes += [f"{key}:{value}" for key, value in infons.items() if _is_terminology(key)]
    others = [key for key in infons if key not in _KNOWN_INFONS and not _is_terminology(key)]
    if others:
        builder.report(ProblemKind.NOT_READ, f"infons {shown(', '.join(others))} of an annotation")
    score = infons.get("score")
    if isinstance(score, str) and _SCORE.fullmatch(score):
        score = float(score)
    locations = [_mapping(location) for location in _list(annotation.get("locations"))]
    builder.add(
        [_ends(location) for location in locations],
        infons.get("type"),
        mention_id=annotation.get("id"),
        score=score,
        codes=codes,
        quotation=annotation.get("text"),
        notes=str(infons["note"]).split("\n") if "note" in infons else (),
    )


def _is_terminology(key: str) -> bool:
    return re.sub(r"[\W_]", "", key).casefold() in _TERMINOLOGIES


def _ends(location: dict[str, Any]) -> tuple[object, object]:
    offset, length = location.get("offset"), location.get("length")
    if isinstance(offset, int) and isinstance(length, int):
        return offset, offset + length
    return offset, length


def _texts(passage: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    sentences = _list(passage.get("sentences"))
    if isinstance(passage.get("text"), str) and (passage["text"] or not sentences):
        yield passage.get("offset"), passage["text"]
        return
    for sentence in sentences:
        held = _mapping(sentence)
        if isinstance(held.get("text"), str):
            yield held.get("offset"), held["text"]


def _joined(parts: Iterable[tuple[Any, str]], builder: DocumentBuilder) -> str | None:
    """The text, or none if the offsets of its parts cannot be followed."""
    joined: list[str] = []
    length = 0
    for offset, text in parts:
        if not isinstance(offset, int) or not length <= offset <= length + LARGEST_GAP:
            accepted = f"{length} to {length + LARGEST_GAP} are accepted"
            message = f"a passage or sentence is at {shown(offset)}; {accepted}"
            builder.report(ProblemKind.MALFORMED, message)
            return None
        joined += ["\n" * (offset - length), text]
        length = offset + len(text)
    return "".join(joined)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
