"""Mentions to word ranges and back, with a report of everything that this cannot represent."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pharmaner.document import Document, Mention, Span
from pharmaner.labels import WordMention


@dataclass(frozen=True, slots=True)
class AlignmentLoss:
    """One mention that words represent with other offsets, or not at all.

    ``reason`` is ``boundary`` (begins or ends inside a word: widened to whole words),
    ``discontinuous`` (only its longest fragment is left), ``overlap`` (a longer mention covers its
    words: left out) or ``no_words`` (only white space: left out).
    """

    document_id: str
    mention: Mention
    reason: str


@dataclass(slots=True)
class AlignmentReport:
    """How many mentions were aligned, and every loss."""

    mentions: int = 0
    losses: list[AlignmentLoss] = field(default_factory=list)

    @property
    def by_reason(self) -> dict[str, int]:
        """The number of losses by reason."""
        return dict(Counter(loss.reason for loss in self.losses))

    def __str__(self) -> str:
        if not self.losses:
            return f"{self.mentions} mentions aligned with words, none lost"
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.by_reason.items())
        exceptions = f"{len(self.losses)} not exactly: {reasons}"
        return f"{self.mentions} mentions aligned with words, {exceptions}"


def align(
    document: Document, words: Sequence[Span], labels: Iterable[str], report: AlignmentReport
) -> list[WordMention]:
    """Turn the mentions of certain labels into disjoint word ranges, in order.

    A discontinuous mention is flattened to its longest fragment (the last among equals). Of
    mentions that share a word the longest in words is kept (the leftmost among equals).

    Args:
        document: the text and its mentions.
        words: the words of the text, in order.
        labels: the labels to align; mentions with others are passed over.
        report: counts the mentions and collects the losses.
    """
    wanted = set(labels)
    starts = [word.start for word in words]
    ends = [word.end for word in words]
    candidates: list[tuple[WordMention, Mention, bool]] = []
    for mention in document.mentions:
        if mention.label not in wanted:
            continue
        report.mentions += 1
        span = max(mention.spans, key=lambda s: (s.end - s.start, s.start))
        first = bisect_right(ends, span.start)
        stop = bisect_left(starts, span.end)
        if first >= stop:
            report.losses.append(AlignmentLoss(document.id, mention, "no_words"))
            continue
        exact = starts[first] == span.start and ends[stop - 1] == span.end
        candidates.append((WordMention(first, stop, mention.label), mention, exact))
    return _flat(document.id, candidates, report)


def _flat(
    document_id: str,
    candidates: list[tuple[WordMention, Mention, bool]],
    report: AlignmentReport,
) -> list[WordMention]:
    kept: list[WordMention] = []
    occupied: set[int] = set()
    by_length = sorted(candidates, key=lambda c: (c[0].first - c[0].stop, c[0].first))
    for ranged, mention, exact in by_length:
        covered = range(ranged.first, ranged.stop)
        if not occupied.isdisjoint(covered):
            report.losses.append(AlignmentLoss(document_id, mention, "overlap"))
            continue
        occupied.update(covered)
        kept.append(ranged)
        if len(mention.spans) > 1:
            report.losses.append(AlignmentLoss(document_id, mention, "discontinuous"))
        elif not exact:
            report.losses.append(AlignmentLoss(document_id, mention, "boundary"))
    return sorted(kept, key=lambda ranged: ranged.first)


def to_span(ranged: WordMention, words: Sequence[Span]) -> Span:
    """The stretch of text from the first word of a range to its last."""
    return Span(words[ranged.first].start, words[ranged.stop - 1].end)
