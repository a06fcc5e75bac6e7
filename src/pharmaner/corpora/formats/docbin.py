"""spaCy's DocBin (the extra ``spacy``), read: its entities, and the spans of its group ``sc``.

A DocBin is msgpack in zlib. It is unpacked here with a limit, and read without spaCy's ``Doc``,
whose compiled code trusts the indices that a file holds. ``kb_id`` holds a
mention's codes separated by ``;``.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from pharmaner.corpora.formats.builder import DocumentBuilder
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import ProblemKind
from pharmaner.errors import CorpusError, MissingExtraError

SPAN_GROUP = "sc"
"""The key of spaCy's own span categoriser."""

LARGEST_EXPANSION = 200
"""How many times its size a file may become when unpacked, beyond what any may."""

ATTRIBUTES = ("ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID")
_SPAN = struct.Struct(">QQQllll")
_INSIDE, _BEGIN = 1, 3
_ALWAYS_UNPACKED = 64 * 2**20
"""In bytes: a text that repeats itself shrinks to nearly nothing."""


@dataclass(frozen=True, slots=True)
class _Entity:
    start: int
    end: int
    label: str
    code: str
    id: str


def read(source: Source) -> Iterator[Found]:
    """Read a file, which is held in memory as a whole.

    Raises:
        CorpusError: when the file cannot be read or is no DocBin.
        MissingExtraError: without spaCy.
    """
    require_spacy()
    from spacy.strings import StringStore
    from srsly import msgpack

    content = source.content()
    try:
        packed = _unpacked(content)
        message = msgpack.loads(packed, raw=False)
        store = StringStore(message["strings"])
        table = _token_table(message)
        held = [_entry(message, number) for number in range(len(table))]
    except Exception as error:  # whatever compiled decoders raise at a stranger's bytes
        reason = f"{type(error).__name__} {error}"[:120]
        raise CorpusError(f"{source.path}: is no DocBin that can be read: {reason}") from None
    for number, (tokens, entry) in enumerate(zip(table, held, strict=True), start=1):
        yield _document(tokens, entry, store, source, number)


def _unpacked(content: bytes) -> bytes:
    limit = LARGEST_EXPANSION * len(content) + _ALWAYS_UNPACKED
    unpacking = zlib.decompressobj()
    packed = unpacking.decompress(content, limit)
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError(f"it is cut off, or unpacks to over {limit} bytes")
    return packed


def _token_table(message: dict[str, Any]) -> list[dict[str, Any]]:
    """For each document its columns of token attributes and whether a space follows."""
    from spacy.attrs import IDS

    attributes = [int(number) for number in message["attrs"]]
    lengths = np.frombuffer(message["lengths"], dtype="int32")
    tokens = np.frombuffer(message["tokens"], dtype="uint64")
    spaces = np.frombuffer(message["spaces"], dtype=bool)
    if (lengths < 0).any() or int(lengths.sum(dtype=np.int64)) != len(spaces):
        raise ValueError("the numbers of tokens contradict each other")
    tokens = tokens.reshape(len(spaces), len(attributes))
    table = []
    bounds = [0, *np.cumsum(lengths, dtype=np.int64).tolist()]
    for start, end in pairwise(bounds):
        columns: dict[str, Any] = {"spaces": spaces[start:end].tolist()}
        for name in ("ORTH", *ATTRIBUTES):
            place = attributes.index(IDS[name]) if IDS[name] in attributes else None
            values = [0] * (end - start) if place is None else tokens[start:end, place].tolist()
            columns[name] = values
        table.append(columns)
    return table


def _entry(message: dict[str, Any], number: int) -> dict[str, Any]:
    """What a document holds beside its tokens: span groups and user data, unpacked."""
    from srsly import msgpack

    groups: list[tuple[bytes, list[str]]] = []
    packed = (message.get("span_groups") or {number: b""})[number]
    unpacked = msgpack.loads(packed, raw=False, strict_map_key=False) if packed else []
    if isinstance(unpacked, dict):
        groups = list(unpacked.items())
    spans = []
    others = 0
    for content, keys in groups:
        group = msgpack.loads(content, raw=False)
        if SPAN_GROUP in keys:
            spans += [_SPAN.unpack(span) for span in group["spans"]]
        else:
            others += 1
    user_data: Any = {}
    if message.get("user_data") and message["user_data"][number]:
        user_data = msgpack.loads(message["user_data"][number], raw=False, use_list=False)
    unknown = bool((message.get("flags") or {number: {}})[number].get("has_unknown_spaces"))
    return {"spans": spans, "others": others, "data": dict(user_data), "unknown": unknown}


def _document(
    columns: dict[str, Any], entry: dict[str, Any], store: Any, source: Source, number: int
) -> Found:
    builder = DocumentBuilder(source.file, 0, f"{source.path.stem}-{number}", "")
    try:
        words = [store[orth] for orth in columns["ORTH"]]
        spaces = [entry["unknown"] or space for space in columns["spaces"]]
        starts, text = _joined(words, spaces)
        entities = _entities(columns, starts, words, store)
        grouped = [
            _Entity(first, last, store[label], store[code], store[name])
            for name, code, label, _, _, first, last in entry["spans"]
        ]
        if isinstance(entry["data"].get("id"), str):
            builder.id = entry["data"]["id"]
        metadata = load_json(entry["data"].get("metadata", "{}"))
        builder.metadata = dict(metadata)
    except (KeyError, ValueError, TypeError) as error:
        builder.report(ProblemKind.MALFORMED, f"a string or value is missing: {error}"[:120])
        return None, builder.problems
    builder.text = text
    known = {(entity.start, entity.end, entity.label) for entity in grouped}
    alone = [e for e in entities if (e.start, e.end, e.label) not in known]
    for entity in [*grouped, *alone]:
        codes = [code for code in entity.code.split(";") if code]
        ends = (entity.start, entity.end)
        builder.add([ends], entity.label, mention_id=entity.id or None, codes=codes)
    for count, name in (
        (entry["others"], "other span groups"),
        (len(set(entry["data"]) - {"id", "metadata"}), "entries of user data"),
    ):
        if count:
            builder.report(ProblemKind.NOT_READ, f"{count} {name} are not read")
    return builder.build()


def _joined(words: Sequence[str], spaces: Sequence[bool]) -> tuple[list[int], str]:
    starts = []
    length = 0
    for word, space in zip(words, spaces, strict=True):
        starts.append(length)
        length += len(word) + space
    return starts, "".join(w + " " * space for w, space in zip(words, spaces, strict=True))


def _entities(
    columns: dict[str, Any], starts: Sequence[int], words: Sequence[str], store: Any
) -> list[_Entity]:
    entities: list[_Entity] = []
    inside = False
    rows = zip(*(columns[name] for name in ATTRIBUTES), starts, words, strict=True)
    for iob, label, code, name, start, word in rows:
        end = start + len(word)
        if iob == _INSIDE and inside:
            entities[-1] = replace(entities[-1], end=end)
        elif iob in {_INSIDE, _BEGIN} and label:
            entities.append(_Entity(start, end, store[label], store[code], store[name]))
        inside = iob in {_INSIDE, _BEGIN} and bool(label)
    return entities


def require_spacy() -> None:
    """Say how to get spaCy where it is absent.

    Raises:
        MissingExtraError: when it is.
    """
    try:
        import spacy  # noqa: F401
    except ImportError:
        message = "DocBin needs spaCy; `pip install 'pharmaner[spacy]'` brings it"
        raise MissingExtraError(message) from None
