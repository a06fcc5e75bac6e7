"""A text cut where mentions begin and end, ready to be coloured."""

from collections.abc import Iterator
from itertools import pairwise

from pharmaner.document import Document, Mention


def segments(document: Document) -> Iterator[tuple[str, tuple[Mention, ...]]]:
    """Consecutive slices of the text with the mentions that cover each; joined they are the text.

    Where mentions overlap, a slice has several.
    """
    edges = {0, len(document.text)}
    edges |= {edge for m in document.mentions for s in m.spans for edge in (s.start, s.end)}
    starting = sorted(document.mentions, key=lambda mention: mention.start)
    active: list[Mention] = []
    for start, end in pairwise(sorted(edges)):
        active = [mention for mention in active if mention.end > start]
        while starting and starting[0].start <= start:
            active.append(starting.pop(0))
        covering = (m for m in active if any(s.start <= start < s.end for s in m.spans))
        yield document.text[start:end], tuple(covering)


def label_order(documents: list[Document]) -> dict[str, int]:
    """A number for each label, alphabetically, so that colours are the same everywhere."""
    labels = sorted({mention.label for document in documents for mention in document.mentions})
    return {label: place for place, label in enumerate(labels)}
