"""Which way of counting explains a document whose offsets do not fit its quotations."""

from collections.abc import Iterator
from itertools import accumulate

from pharmaner.document import Document, Mention

_LARGEST_SHIFT = 10


def offset_convention(document: Document) -> str | None:
    """Name the counting under which every mention's quotation matches the text.

    Only documents with a mismatch are explained, and only by a convention under which no mention
    mismatches: bytes of UTF-8, UTF-16 units, CRLF counted as one, or a uniform shift.

    Returns:
        Words that complete "every mention matches ...", or ``None``.
    """
    if all(mention.quotation is None for mention in document.mentions):
        return None
    for name, to_code_point in _conventions(document.text):
        if all(_matches(document, mention, to_code_point) for mention in document.mentions):
            return name
    return None


def _matches(document: Document, mention: Mention, to_code_point: dict[int, int]) -> bool:
    if any(s.start not in to_code_point or s.end not in to_code_point for s in mention.spans):
        return False
    quotation = document.text_of(mention) if mention.quotation is None else mention.quotation
    slices = (document.text[to_code_point[s.start] : to_code_point[s.end]] for s in mention.spans)
    return _flat(" ".join(slices)) == _flat(quotation)


def _conventions(text: str) -> Iterator[tuple[str, dict[int, int]]]:
    yield "if offsets count bytes of UTF-8", _positions(len(c.encode()) for c in text)
    yield "if offsets count UTF-16 units", _positions(1 + (ord(c) > 0xFFFF) for c in text)
    crlf = (0 if text[i - 1 : i + 1] == "\r\n" else 1 for i in range(len(text)))
    yield "if CRLF counts as one", _positions(crlf)
    for shift in range(1, _LARGEST_SHIFT + 1):
        for signed in (shift, -shift):
            cause = " (a byte-order mark left uncounted)" if _is_mark(text, signed) else ""
            places = {i - signed: i for i in range(len(text) + 1) if i >= signed}
            yield f"if offsets are shifted by {signed:+d}{cause}", places


def _is_mark(text: str, shift: int) -> bool:
    return shift == 1 and text.startswith("\ufeff")


def _positions(widths: Iterator[int]) -> dict[int, int]:
    """Where in the text each counted offset lies; of several places the last."""
    return {counted: place for place, counted in enumerate(accumulate(widths, initial=0))}


def _flat(quotation: str) -> str:
    return quotation.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
