"""Mention replacement: a mention's name gives way to another name of its type.

A simple augmentation for named entity recognition (Dai & Adel, 2020, section 3.2). It keeps a
network from learning the training corpus's names by heart.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pharmaner.document import Document, Mention, Span


@dataclass(frozen=True, slots=True)
class MentionReplacement:
    """Replaces a share of the mentions of documents.

    ``names`` are the distinct names to draw from, by type. ``share`` is each mention's chance.
    """

    names: dict[str, list[str]]
    share: float

    @classmethod
    def of(
        cls, documents: Iterable[Document], types: Iterable[str], share: float
    ) -> "MentionReplacement":
        """With the names of some types that documents hold, in one piece."""
        names: dict[str, set[str]] = {label: set() for label in types}
        for document in documents:
            for mention in document.mentions:
                if mention.label in names and len(mention.spans) == 1:
                    names[mention.label].add(document.text_of(mention))
        return cls({label: sorted(found) for label, found in names.items()}, share)

    def apply(self, document: Document, random: np.random.Generator) -> Document:
        """The document with some names replaced and every mention moved along.

        Mentions that are discontinuous, overlap another or touch a letter or digit stay.
        """
        edits = []
        for mention in sorted(_replaceable(document), key=lambda m: m.start):
            own = document.text_of(mention)
            others = [name for name in self.names.get(mention.label, []) if name != own]
            if others and random.random() < self.share:
                edits.append((mention.start, mention.end, others[random.integers(len(others))]))
        return _edited(document, edits)


def _replaceable(document: Document) -> Iterable[Mention]:
    text = document.text
    owners: defaultdict[int, int] = defaultdict(int)
    for mention in document.mentions:
        for span in mention.spans:
            for place in range(span.start, span.end):
                owners[place] += 1
    for mention in document.mentions:
        alone = all(owners[place] == 1 for place in range(mention.start, mention.end))
        before, after = text[: mention.start][-1:], text[mention.end : mention.end + 1]
        if len(mention.spans) == 1 and alone and not (before.isalnum() or after.isalnum()):
            yield mention


def _edited(document: Document, edits: Sequence[tuple[int, int, str]]) -> Document:
    """The document after disjoint replacements in order, each as (start, end, new text)."""
    parts, read, grown = [], 0, [0]
    for start, end, name in edits:
        parts += [document.text[read:start], name]
        read = end
        grown.append(grown[-1] + len(name) - (end - start))
    parts.append(document.text[read:])
    ends = [end for _, end, _ in edits]

    def moved(span: Span) -> Span:
        growth = [grown[bisect_right(ends, offset)] for offset in (span.start, span.end)]
        return Span(span.start + growth[0], span.end + growth[1])

    moved_mentions = tuple(replace(m, spans=tuple(map(moved, m.spans))) for m in document.mentions)
    return replace(document, text="".join(parts), mentions=moved_mentions)
