"""An error analysis as plain dictionaries: what ``--json`` prints and the page shows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from pharmaner.document import Document, Mention, Span
from pharmaner.scoring.error_analysis import ErrorAnalysis, ErrorClass, MentionError, labelled_spans
from pharmaner.scoring.error_breakdowns import break_down, confusion, surface, wrong_types
from pharmaner.text.sentences import split_sentences

FARTHEST_CONTEXT = 1000
"""A sentence is shown at most this many code points before and after its error."""


def error_report(analysis: ErrorAnalysis, seen: frozenset[str] | None = None) -> dict[str, Any]:
    """The whole analysis, ready for ``json.dumps``; documents with most errors come first.

    Args:
        analysis: the errors.
        seen: the surfaces of the training corpus, from ``surfaces``; without them whether a
            mention was seen is null, and that breakdown is absent.
    """
    breakdowns = break_down(analysis, seen)
    by_errors = sorted(breakdowns["document"].items(), key=lambda item: -item[1].errors)
    breakdowns["document"] = dict(by_errors)
    return {
        "score": analysis.score.as_json(),
        "false_negatives": _named(analysis.false_negatives),
        "false_positives": _named(analysis.false_positives),
        "wrong_types": {name: _named(counts) for name, counts in wrong_types(analysis).items()},
        "on_unscored": sum(error.on_unscored for error in analysis.errors),
        "repaired": {kind.value: analysis.repaired(kind).as_json() for kind in ErrorClass},
        "confusion": confusion(analysis),
        "breakdowns": {
            name: {bucket: tally.as_json() for bucket, tally in tallies.items()}
            for name, tallies in breakdowns.items()
        },
        "errors": _records(analysis.errors, seen),
    }


def _named(counts: dict[ErrorClass, int]) -> dict[str, int]:
    return {kind.value: counts[kind] for kind in ErrorClass if kind in counts}


def _records(
    errors: Sequence[MentionError], seen: frozenset[str] | None
) -> list[dict[str, object]]:
    sentences: dict[str, list[Span]] = {}
    records = []
    for error in errors:
        document = error.document
        if document.id not in sentences:
            sentences[document.id] = split_sentences(document.text)
        record: dict[str, object] = {
            "class": error.kind.value,
            "document": document.id,
            "gold": _mention(document, error.gold, seen),
            "predicted": _mention(document, error.predicted, seen),
            "on_unscored": error.on_unscored,
            "sentence": _sentence(error, sentences[document.id]),
        }
        records.append(record)
    return records


def _mention(
    document: Document, mention: Mention | None, seen: frozenset[str] | None
) -> dict[str, Any] | None:
    if mention is None:
        return None
    is_seen = None if seen is None else surface(document, mention) in seen
    return {**labelled_spans(document, mention), "seen": is_seen}


def _sentence(error: MentionError, sentences: Sequence[Span]) -> dict[str, object]:
    """From the sentence where the error starts to the one where it ends; ``cut`` if shortened."""
    mentions = [mention for mention in (error.gold, error.predicted) if mention]
    first, last = min(m.start for m in mentions), max(m.end for m in mentions)
    touched = sentences[
        bisect_right(sentences, first, key=lambda s: s.end) : bisect_left(
            sentences, last, key=lambda s: s.start
        )
    ]
    whole_start = min([first, *(s.start for s in touched)])
    whole_end = max([last, *(s.end for s in touched)])
    start = max(whole_start, first - FARTHEST_CONTEXT)
    end = min(whole_end, last + FARTHEST_CONTEXT)
    return {
        "start": start,
        "end": end,
        "text": error.document.text[start:end],
        "cut": (start, end) != (whole_start, whole_end),
    }
