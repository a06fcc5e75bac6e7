"""What kind of error each false negative and each false positive is.

Exact matches are removed first. What is left is matched one to one within each document, the pair
that shares most code points first; ties go to the leftmost gold mention, then to the leftmost
predicted one. So every false negative is in one class, and every false positive in one.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pharmaner.document import Document, Mention
from pharmaner.scoring.strict import Counts, Key, Score, Scorer, compared, left_out, score


class ErrorClass(StrEnum):
    """The classes; the first three join a gold mention and a predicted one."""

    BOUNDARY = "boundary"
    TYPE = "type"
    BOUNDARY_AND_TYPE = "boundary_and_type"
    MISSED = "missed"
    SPURIOUS = "spurious"


OF_FALSE_NEGATIVES = tuple(kind for kind in ErrorClass if kind is not ErrorClass.SPURIOUS)
OF_FALSE_POSITIVES = tuple(kind for kind in ErrorClass if kind is not ErrorClass.MISSED)


@dataclass(frozen=True, slots=True)
class MentionError:
    """A gold mention that was not found, a predicted one that is wrong, or both as a pair.

    ``document`` is the gold document. ``on_unscored`` says that the prediction shares a code point
    with a gold mention of a type that the scorer leaves out (UNCLEAR).
    """

    document: Document
    gold: Mention | None
    predicted: Mention | None
    on_unscored: bool = False

    @property
    def kind(self) -> ErrorClass:
        """Which class the error belongs to."""
        if self.predicted is None:
            return ErrorClass.MISSED
        if self.gold is None:
            return ErrorClass.SPURIOUS
        if self.gold.label == self.predicted.label:
            return ErrorClass.BOUNDARY
        same_spans = self.gold.spans == self.predicted.spans
        return ErrorClass.TYPE if same_spans else ErrorClass.BOUNDARY_AND_TYPE


@dataclass(frozen=True, slots=True)
class ErrorAnalysis:
    """Every error of a system, in the order of documents and texts, and what it got right.

    ``exact`` are the true positives, each with its document.
    """

    score: Score
    errors: tuple[MentionError, ...]
    exact: tuple[tuple[Document, Mention], ...]

    def count(self, kind: ErrorClass) -> int:
        """How many errors a class has; a pair is one error."""
        return sum(error.kind is kind for error in self.errors)

    @property
    def false_negatives(self) -> dict[ErrorClass, int]:
        """The false negatives by class; they add up to the score's."""
        return {kind: self.count(kind) for kind in OF_FALSE_NEGATIVES}

    @property
    def false_positives(self) -> dict[ErrorClass, int]:
        """The false positives by class; they add up to the score's."""
        return {kind: self.count(kind) for kind in OF_FALSE_POSITIVES}

    def repaired(self, kind: ErrorClass) -> Counts:
        """The score's counts if a class were repaired.

        A missed mention or a pair becomes a true positive, a spurious mention goes away.
        """
        errors = self.count(kind)
        return self.score.micro + Counts(
            true_positives=errors if kind is not ErrorClass.SPURIOUS else 0,
            false_positives=-errors if kind is not ErrorClass.MISSED else 0,
            false_negatives=-errors if kind is not ErrorClass.SPURIOUS else 0,
        )


def analyse(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    scorer: Scorer = Scorer.CODALAB,
    official_missing: bool = False,
) -> ErrorAnalysis:
    """Classify a system's errors; the arguments are those of ``strict.score``."""
    unscored = left_out(scorer)
    errors: list[MentionError] = []
    exact: list[tuple[Document, Mention]] = []
    for document, wanted, found in compared(gold, predicted, scorer, official_missing):
        exact += [(document, mention) for mention in _mentions(wanted & found)]
        ignored = [mention for mention in document.mentions if mention.label in unscored]
        for expected, given in _joined(_mentions(wanted - found), _mentions(found - wanted)):
            on_unscored = given is not None and any(map(given.overlaps, ignored))
            errors.append(MentionError(document, expected, given, on_unscored))
    total = score(gold, predicted, scorer, official_missing)
    return ErrorAnalysis(total, tuple(errors), tuple(exact))


def match_by_overlap(
    gold: Iterable[Mention], predicted: Iterable[Mention]
) -> list[tuple[Mention, Mention]]:
    """Pairs of mentions of one text, one to one, by falling number of shared code points.

    Ties go to the leftmost gold mention, then to the leftmost predicted one (by their spans), then
    to a pair of one type.
    """
    pairs = sorted(
        _overlapping(gold, predicted),
        key=lambda pair: (
            -_shared(*pair),
            pair[0].spans,
            pair[1].spans,
            pair[0].label != pair[1].label,
            pair[0].label,
            pair[1].label,
        ),
    )
    taken_gold: set[Mention] = set()
    taken_predicted: set[Mention] = set()
    matched = []
    for expected, given in pairs:
        if expected not in taken_gold and given not in taken_predicted:
            taken_gold.add(expected)
            taken_predicted.add(given)
            matched.append((expected, given))
    return matched


def _joined(
    gold: list[Mention], predicted: list[Mention]
) -> list[tuple[Mention | None, Mention | None]]:
    pairs = match_by_overlap(gold, predicted)
    matched_gold = {expected for expected, _ in pairs}
    matched_predicted = {given for _, given in pairs}
    joined: list[tuple[Mention | None, Mention | None]] = [*pairs]
    joined += [(mention, None) for mention in gold if mention not in matched_gold]
    joined += [(None, mention) for mention in predicted if mention not in matched_predicted]
    return sorted(joined, key=lambda pair: min(mention.spans for mention in pair if mention))


def _overlapping(
    gold: Iterable[Mention], predicted: Iterable[Mention]
) -> Iterator[tuple[Mention, Mention]]:
    """The pairs that share a code point, found in one pass from left to right."""
    waiting = deque(sorted(predicted, key=lambda mention: mention.start))
    near: list[Mention] = []
    for expected in sorted(gold, key=lambda mention: mention.start):
        while waiting and waiting[0].start < expected.end:
            near.append(waiting.popleft())
        near = [given for given in near if given.end > expected.start]
        yield from ((expected, given) for given in near if expected.overlaps(given))


def _shared(one: Mention, other: Mention) -> int:
    return sum(
        max(0, min(a.end, b.end) - max(a.start, b.start)) for a in one.spans for b in other.spans
    )


def _mentions(keys: Iterable[Key]) -> list[Mention]:
    return [Mention(spans, label) for spans, label in sorted((s, label) for label, s in keys)]


def labelled_spans(document: Document, mention: Mention) -> dict[str, Any]:
    """A mention for JSON: label, spans as pairs of code points, text."""
    return {
        "label": mention.label,
        "spans": [[span.start, span.end] for span in mention.spans],
        "text": document.text_of(mention),
    }
