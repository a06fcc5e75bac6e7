"""spaCy's DocBin, written: tokens are our words, a mention of a part of one is widened.

Mentions are entities; where some overlap, all of them are also in the span group ``sc``. The id and
the metadata are user data.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pharmaner.corpora.formats.docbin import ATTRIBUTES, SPAN_GROUP, require_spacy
from pharmaner.corpora.formats.losses import (
    Feature,
    Fitted,
    Loss,
    flat_mentions,
    in_turn,
    without_codes,
)
from pharmaner.document import Document, Mention, Span
from pharmaner.text.words import split_words


def adapt(document: Document) -> Fitted:
    """The document with mentions of whole tokens, and codes without ``;``."""
    return in_turn(document, lambda d: without_codes(d, re.compile(";")), _widened)


def _widened(document: Document) -> Fitted:
    losses = []
    tokens, _ = tokenize(document.text)
    starts = [token.start for token in tokens]
    mentions = []
    for mention in document.mentions:
        covered = document.text[mention.start : mention.end]
        start = mention.start + len(covered) - len(covered.lstrip() or covered)
        first = bisect_right(starts, start) - 1
        last = bisect_right(starts, start + len(covered.strip() or covered) - 1) - 1
        span = Span(tokens[first].start, tokens[last].end)
        if (span,) != mention.spans:
            losses.append(Loss(document.id, Feature.OFFSETS, "a mention fitted to whole words"))
        mentions.append(replace(mention, spans=(span,)))
    return replace(document, mentions=tuple(sorted(mentions, key=lambda m: m.spans))), losses


def tokenize(text: str) -> tuple[list[Span], list[bool]]:
    """Words and what lies between them as spaCy wants it: a space after a word is its own."""
    words = split_words(text)
    ends = [0, *(word.end for word in words)]
    starts = [*(word.start for word in words), len(text)]
    tokens: list[Span] = []
    spaces: list[bool] = []
    for place, (end, start) in enumerate(zip(ends, starts, strict=True)):
        if place and end < start and text[end] == " ":
            spaces[-1] = True
            end += 1
        if end < start:
            tokens.append(Span(end, start))
            spaces.append(False)
        if place < len(words):
            tokens.append(words[place])
            spaces.append(False)
    return tokens, spaces


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt`` made; all are held until the file is written.

    Raises:
        MissingExtraError: without spaCy.
    """
    require_spacy()
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    packed = DocBin(attrs=list(ATTRIBUTES), store_user_data=True)
    vocabulary = Vocab()
    for document in documents:
        packed.add(_doc(document, vocabulary))
    path.write_bytes(packed.to_bytes())


def _doc(document: Document, vocabulary: Any) -> Any:
    from spacy.tokens import Doc
    from spacy.tokens import Span as TokenSpan

    tokens, spaces = tokenize(document.text)
    words = [document.text[token.start : token.end] for token in tokens]
    user_data = {"id": document.id}
    if document.metadata:
        user_data["metadata"] = json.dumps(dict(document.metadata), ensure_ascii=False)
    doc = Doc(vocabulary, words=words, spaces=spaces, user_data=user_data)
    first = {token.start: place for place, token in enumerate(tokens)}
    stop = {token.end: place + 1 for place, token in enumerate(tokens)}

    def span(mention: Mention) -> Any:
        return TokenSpan(
            doc,
            first[mention.start],
            stop[mention.end],
            label=mention.label,
            kb_id=";".join(mention.codes),
            span_id=mention.id or "",
        )

    overlapping: list[str] = []
    flat = flat_mentions(document.mentions, lambda _, message: overlapping.append(message))
    doc.ents = [span(mention) for mention in flat]
    if overlapping:
        doc.spans[SPAN_GROUP] = [span(mention) for mention in document.mentions]
    return doc
