"""The types that everything else speaks: ``Span``, ``Mention``, ``Document``.

Offsets are half-open and count Unicode code points of the text exactly as it is in the file:
no newline is translated, a byte-order mark is code point 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of text, ``text[start:end]``; never empty.

    Raises:
        ValueError: unless ``0 <= start < end``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, found {self.start} and {self.end}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: one span, or several when it is discontinuous.

    ``quotation`` is what the file claims the mention's text to be, kept only where it differs from
    the slice of the text. ``score`` is a probability between 0 and 1. ``codes`` are what it was
    normalised to, as ``MESH:D008094``.

    Raises:
        ValueError: when there is no span, or spans are out of order or touch each other's inside.
    """

    spans: tuple[Span, ...]
    label: str
    id: str | None = None
    score: float | None = None
    quotation: str | None = None
    codes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("a mention needs at least one span")
        for left, right in zip(self.spans, self.spans[1:], strict=False):
            if right.start < left.end:
                raise ValueError(f"spans {left} and {right} are out of order or overlap")

    @classmethod
    def at(cls, start: int, end: int, label: str, score: float | None = None) -> "Mention":
        """A continuous mention."""
        return cls((Span(start, end),), label, score=score)

    @property
    def start(self) -> int:
        """Where the first span starts."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """Where the last span ends."""
        return self.spans[-1].end

    def overlaps(self, other: "Mention") -> bool:
        """Whether the two share a code point."""
        return any(a.start < b.end and b.start < a.end for a in self.spans for b in other.spans)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A line of an annotation file that is not a mention (a note, relation, event, attribute ...).

    ``line`` is kept as it was found; ``after`` counts the mentions that stood before it, so that a
    file can be written back in its own order.
    """

    line: str
    after: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its mentions, and whatever else its file held.

    ``metadata`` are the named values beside the text, such as a table's other columns; JSON can
    hold them.

    Raises:
        ValueError: when a mention leaves the text, or the text holds a lone surrogate (which no
            encoding can write back).
    """

    id: str
    text: str
    mentions: tuple[Mention, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        try:
            self.text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"{self.id}: lone surrogate at code point {error.start}") from None
        for mention in self.mentions:
            if mention.end > len(self.text):
                raise ValueError(
                    f"{self.id}: {mention.label} {mention.start} {mention.end} ends past the text "
                    f"of {len(self.text)} code points"
                )

    def text_of(self, mention: Mention) -> str:
        """The slice that a mention covers; the slices of a discontinuous one joined by a space."""
        return covered_text(self.text, mention)

    def with_mentions(self, mentions: Iterable[Mention]) -> "Document":
        """The same text with other mentions and no attachments (they belonged to the old ones)."""
        return replace(self, mentions=tuple(mentions), attachments=())


def covered_text(text: str, mention: Mention) -> str:
    """The slices of ``text`` that a mention covers, joined by a space."""
    return " ".join(text[span.start : span.end] for span in mention.spans)
