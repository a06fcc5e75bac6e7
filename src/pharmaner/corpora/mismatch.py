"""What to do with mentions whose quotation differs from the text that their offsets cover."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from pharmaner.document import Document, Mention, Span
from pharmaner.errors import CorpusError

REALIGNMENT_RADIUS = 10
"""How many code points a quotation may lie from its offsets to be realigned."""


class OnMismatch(StrEnum):
    """``refuse`` the corpus, ``keep`` the offsets, ``realign`` to the quotation, ``drop``."""

    REFUSE = "refuse"
    KEEP = "keep"
    REALIGN = "realign"
    DROP = "drop"


def settle_mismatches(
    documents: Iterable[Document], policy: OnMismatch
) -> tuple[list[Document], Counter[str]]:
    """Apply a policy to every mention that has a differing quotation.

    ``realign`` moves a continuous mention to its quotation where that occurs exactly once within
    ``REALIGNMENT_RADIUS`` code points, and drops it elsewhere.

    Returns:
        The documents, and how many mentions were ``kept``, ``realigned`` and ``dropped``.

    Raises:
        CorpusError: under ``refuse``, at the first mismatch.
    """
    counts: Counter[str] = Counter()
    settled = []
    for document in documents:
        if all(mention.quotation is None for mention in document.mentions):
            settled.append(document)
            continue
        mentions = []
        for mention in document.mentions:
            if mention.quotation is None:
                mentions.append(mention)
                continue
            outcome, kept = _settle(document, mention, policy)
            counts[outcome] += 1
            if kept is not None:
                mentions.append(kept)
        settled.append(document.with_mentions(mentions))
    return settled, counts


def _settle(document: Document, mention: Mention, policy: OnMismatch) -> tuple[str, Mention | None]:
    match policy:
        case OnMismatch.KEEP:
            return "kept", mention
        case OnMismatch.DROP:
            return "dropped", None
        case OnMismatch.REFUSE:
            raise CorpusError(
                f'{document.id}: {mention.id} covers "{document.text_of(mention)}", '
                f'file says "{mention.quotation}"; realign, keep or drop such mentions with '
                "--on-mismatch"
            )
        case OnMismatch.REALIGN:
            moved = _realigned(document.text, mention)
            return ("realigned", moved) if moved else ("dropped", None)


def _realigned(text: str, mention: Mention) -> Mention | None:
    if len(mention.spans) > 1 or not mention.quotation:
        return None
    length = len(mention.quotation)
    first = max(0, mention.start - REALIGNMENT_RADIUS)
    reach = text[first : mention.start + REALIGNMENT_RADIUS + length]
    reach = reach.replace("\n", " ").replace("\r", " ")
    start = reach.find(mention.quotation)
    if start < 0 or reach.find(mention.quotation, start + 1) >= 0:
        return None
    span = Span(first + start, first + start + length)
    return replace(mention, spans=(span,), quotation=None)
