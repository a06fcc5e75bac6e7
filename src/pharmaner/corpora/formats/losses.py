"""What a format cannot hold of a document: stripped by one rule for all formats, and counted."""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pharmaner.corpora.attachments import note_line, remarks
from pharmaner.document import Attachment, Document, Mention


class Feature(StrEnum):
    """What a document may hold.

    ``OFFSETS`` is the text, code point by code point, with the mentions where they were.
    """

    OFFSETS = "offsets"
    DOCUMENT_IDS = "document ids"
    TYPES = "types"
    DISCONTINUOUS = "discontinuous"
    NESTED = "nested or overlapping"
    CODES = "codes"
    NOTES = "notes"
    METADATA = "metadata"
    MENTION_IDS = "mention ids"
    SCORES = "scores"
    QUOTATIONS = "quotations"
    OTHER_LINES = "other lines"


EVERYTHING = frozenset(Feature)


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that a format could not hold. ``message`` says what became of it."""

    document_id: str
    feature: Feature
    message: str


Fitted = tuple[Document, list[Loss]]
Adapter = Callable[[Document], Fitted]

_FIELDS: dict[Feature, tuple[str, Any]] = {
    Feature.CODES: ("codes", ()),
    Feature.MENTION_IDS: ("id", None),
    Feature.SCORES: ("score", None),
    Feature.QUOTATIONS: ("quotation", None),
}


def fit(document: Document, represented: frozenset[Feature]) -> Fitted:
    """The closest document that holds only certain features, and what that lost.

    A discontinuous mention keeps its longest fragment (the last among equals); of overlapping
    mentions the longest in code points stays (the leftmost among equals), where training counts in
    words. Ids of mentions are not counted as losses: what refers to them is.
    """
    losses: list[Loss] = []

    def lose(feature: Feature, message: str) -> None:
        losses.append(Loss(document.id, feature, message))

    attachments = _lines(document, represented, lose)
    mentions = list(document.mentions)
    if Feature.DISCONTINUOUS not in represented:
        mentions = [_longest_fragment(mention, lose) for mention in mentions]
    if Feature.NESTED not in represented:
        mentions = flat_mentions(mentions, lose)
    for feature, (field, nothing) in _FIELDS.items():
        if feature not in represented:
            for mention in mentions:
                if feature is not Feature.MENTION_IDS and getattr(mention, field) != nothing:
                    lose(feature, "left out")
            mentions = [replace(mention, **{field: nothing}) for mention in mentions]
    metadata = document.metadata
    if metadata and Feature.METADATA not in represented:
        for _ in metadata:
            lose(Feature.METADATA, "left out")
        metadata = {}
    return Document(document.id, document.text, tuple(mentions), attachments, metadata), losses


def _lines(
    document: Document, represented: frozenset[Feature], lose: Callable[[Feature, str], None]
) -> tuple[Attachment, ...]:
    if Feature.OTHER_LINES in represented:
        return document.attachments
    said, others = remarks(document.attachments, document.mentions)
    for attachment in others:
        if attachment.line:
            lose(Feature.OTHER_LINES, "relation, event, attribute or remark left out")
    kept: list[Attachment] = []
    written: set[str] = set()
    for place, mention in enumerate(document.mentions, start=1):
        for note in said[mention.id].notes if mention.id and mention.id not in written else ():
            if Feature.NOTES in represented:
                kept.append(Attachment(note_line(len(kept) + 1, mention.id or "", note), place))
            else:
                lose(Feature.NOTES, "left out")
        written.add(mention.id or "")
    return tuple(kept)


def _longest_fragment(mention: Mention, lose: Callable[[Feature, str], None]) -> Mention:
    if len(mention.spans) == 1:
        return mention
    lose(Feature.DISCONTINUOUS, "only the longest fragment kept")
    longest = max(mention.spans, key=lambda span: (span.end - span.start, span.start))
    return replace(mention, spans=(longest,), quotation=None)


def flat_mentions(
    mentions: Iterable[Mention], lose: Callable[[Feature, str], None]
) -> list[Mention]:
    """The mentions without those that overlap a longer one, or one as long to their left."""
    placed = list(enumerate(mentions))
    placed.sort(key=lambda item: (item[1].start - item[1].end, item[1].start))
    kept: dict[int, Mention] = {}
    starts: list[int] = []
    ends: list[int] = []
    for place, mention in placed:
        before = bisect_left(starts, mention.end)
        if before and ends[before - 1] > mention.start:
            lose(Feature.NESTED, "left out where a longer one is, or the same twice")
            continue
        starts.insert(before, mention.start)
        ends.insert(before, mention.end)
        kept[place] = mention
    return [kept[place] for place in sorted(kept)]


def with_text_metadata(document: Document, reserved: Collection[str] = ()) -> Fitted:
    """Metadata as texts: a value that is none becomes its JSON; reserved names are left out."""
    losses = []
    metadata = {}
    for name, value in document.metadata.items():
        if name in reserved:
            losses.append(Loss(document.id, Feature.METADATA, f"{name} left out: name is taken"))
            continue
        if not isinstance(value, str):
            losses.append(Loss(document.id, Feature.METADATA, "written as text"))
            value = json.dumps(value, ensure_ascii=False)
        metadata[name] = value
    return replace(document, metadata=metadata), losses


def with_plain_id(document: Document, unfit: re.Pattern[str]) -> Fitted:
    """The document with ``_`` for whatever a pattern finds in its id."""
    identifier = unfit.sub("_", document.id)
    if identifier == document.id:
        return document, []
    loss = Loss(document.id, Feature.DOCUMENT_IDS, "characters replaced by _")
    return replace(document, id=identifier), [loss]


def with_plain_types(document: Document, unfit: re.Pattern[str]) -> Fitted:
    """The document with ``_`` for whatever a pattern finds in its types."""
    losses = []
    mentions = []
    for mention in document.mentions:
        label = unfit.sub("_", mention.label)
        if label != mention.label:
            losses.append(Loss(document.id, Feature.TYPES, "characters replaced by _"))
        mentions.append(replace(mention, label=label))
    return replace(document, mentions=tuple(mentions)), losses


def without_codes(document: Document, unfit: re.Pattern[str]) -> Fitted:
    """The document without the codes that a pattern finds something in."""
    losses = []
    mentions = []
    for mention in document.mentions:
        codes = tuple(code for code in mention.codes if not unfit.search(code))
        for _ in range(len(mention.codes) - len(codes)):
            losses.append(Loss(document.id, Feature.CODES, "left out: separators inside"))
        mentions.append(replace(mention, codes=codes))
    return replace(document, mentions=tuple(mentions)), losses


def in_turn(document: Document, *steps: Adapter) -> Fitted:
    """Apply adapters one after the other."""
    losses: list[Loss] = []
    for step in steps:
        document, more = step(document)
        losses += more
    return document, losses
