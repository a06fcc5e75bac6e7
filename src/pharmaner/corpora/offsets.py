"""Which way of counting explains a document whose offsets do not fit its quotations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from pharmaner.document import Document, Mention, Span, covered_text

MOST_SLIPS = 0.1
"""The share of a document's mentions that a counting need not explain."""

_LARGEST_SHIFT = 10


@dataclass(frozen=True, slots=True)
class OffsetConvention:
    """A way of counting offsets, and the place in the text of each.

    ``name`` completes "mentions match ...". A uniform shift is a guess; the other ways of counting
    are known from other software.
    """

    name: str
    places: Mapping[int, int]
    is_guess: bool = False

    def moved(self, text: str, mention: Mention) -> Mention | None:
        """The mention where its offsets count to; ``None`` where they count to no place."""
        places = [(self.places.get(s.start), self.places.get(s.end)) for s in mention.spans]
        spans = [
            Span(start, end) for start, end in places if start is not None and end and end > start
        ]
        if len(spans) < len(places):
            return None
        moved = replace(mention, spans=tuple(spans), quotation=None)
        said = covered_text(text, mention) if mention.quotation is None else mention.quotation
        if _flat(covered_text(text, moved)) == _flat(said):
            return moved
        return replace(moved, quotation=said)


def offset_convention(document: Document) -> tuple[OffsetConvention, int] | None:
    """The counting under which the most quotations match the text.

    Only documents with a mismatch are explained: by bytes of UTF-8, UTF-16 units, CRLF or a
    byte-order mark left uncounted, or a uniform shift. ``MOST_SLIPS`` of the mentions may mismatch
    still.

    Returns:
        The counting and how many mentions match under it, or ``None``.
    """
    mentions = document.mentions
    as_they_are = sum(mention.quotation is None for mention in mentions)
    best: tuple[OffsetConvention, int] | None = None
    for convention in _conventions(document.text) if as_they_are < len(mentions) else ():
        moved = (convention.moved(document.text, mention) for mention in mentions)
        matching = sum(mention is not None and mention.quotation is None for mention in moved)
        explains = matching >= (1 - MOST_SLIPS) * len(mentions)
        if explains and matching > (best[1] if best else as_they_are):
            best = convention, matching
    return best


def _conventions(text: str) -> Iterator[OffsetConvention]:
    of_bytes = _positions(len(c.encode()) for c in text)
    yield OffsetConvention("if offsets count bytes of UTF-8", of_bytes)
    of_units = _positions(1 + (ord(c) > 0xFFFF) for c in text)
    yield OffsetConvention("if offsets count UTF-16 units", of_units)
    crlf = (0 if text[i - 1 : i + 1] == "\r\n" else 1 for i in range(len(text)))
    yield OffsetConvention("if CRLF counts as one", _positions(crlf))
    if text.startswith("\ufeff"):
        name = "if offsets are shifted by +1 (a byte-order mark left uncounted)"
        yield OffsetConvention(name, _shifted(text, 1))
    for shift in range(1, _LARGEST_SHIFT + 1):
        for signed in (shift, -shift):
            name = f"if offsets are shifted by {signed:+d}"
            yield OffsetConvention(name, _shifted(text, signed), is_guess=True)


def _shifted(text: str, shift: int) -> dict[int, int]:
    return {place - shift: place for place in range(max(0, shift), len(text) + 1)}


def _positions(widths: Iterator[int]) -> dict[int, int]:
    """Where in the text each counted offset lies; of several places the last."""
    return {counted: place for place, counted in enumerate(accumulate(widths, initial=0))}


def _flat(quotation: str) -> str:
    return quotation.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
