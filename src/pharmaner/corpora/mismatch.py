"""What to do with mentions whose quotation differs from the text that their offsets cover."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from pharmaner.corpora.brat import on_one_line, one_column
from pharmaner.corpora.offsets import OffsetConvention, offset_convention
from pharmaner.document import Document, Mention, Span
from pharmaner.errors import CorpusError

REALIGNMENT_RADIUS = 10
"""How many code points a quotation may lie from its offsets to be realigned."""

FEWEST_SHIFTED = 3
"""How many mentions a uniform shift must put right; one or two quotations may recur nearby."""


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

    ``realign`` counts a document's offsets as ``offset_convention`` says, if that explains it; a
    uniform shift has to put ``FEWEST_SHIFTED`` mentions right. A mention that differs all the same,
    unless discontinuous, is moved to its quotation where that occurs exactly once within
    ``REALIGNMENT_RADIUS`` code points; it is dropped elsewhere, and where another mention of its
    label is already. A document whose mentions changed loses its attachments.

    Returns:
        The documents, and how many mentions were ``kept``, ``realigned`` and ``dropped``.

    Raises:
        CorpusError: under ``refuse``, at the first mismatch.
    """
    counts: Counter[str] = Counter()
    settled = []
    for document in documents:
        mismatches = sum(mention.quotation is not None for mention in document.mentions)
        if mismatches and policy is OnMismatch.KEEP:
            counts["kept"] += mismatches
        elif mismatches:
            document = document.with_mentions(_settled(document, policy, counts))
        settled.append(document)
    return settled, counts


def _settled(document: Document, policy: OnMismatch, counts: Counter[str]) -> Iterator[Mention]:
    if policy is OnMismatch.REALIGN:
        yield from _all_realigned(document, counts)
        return
    for mention in document.mentions:
        if mention.quotation is None:
            yield mention
        elif policy is OnMismatch.REFUSE:
            raise CorpusError(
                f'{document.id}: {mention.id} covers "{on_one_line(document.text_of(mention))}", '
                f'file says "{mention.quotation}"; realign, keep or drop such mentions with '
                "--on-mismatch"
            )
        else:
            counts["dropped"] += 1


def _all_realigned(document: Document, counts: Counter[str]) -> Iterator[Mention]:
    convention = _convention(document)
    pairs = [(found, _realigned(document.text, found, convention)) for found in document.mentions]
    taken = {(found.spans, found.label) for found, mention in pairs if mention == found}
    for found, mention in pairs:
        if mention == found:
            yield found
        elif mention is None or (mention.spans, mention.label) in taken:
            counts["dropped"] += 1
        else:
            counts["realigned"] += 1
            taken.add((mention.spans, mention.label))
            yield mention


def _convention(document: Document) -> OffsetConvention | None:
    explained = offset_convention(document)
    if not explained:
        return None
    convention, matching = explained
    gained = matching - sum(mention.quotation is None for mention in document.mentions)
    return None if convention.is_guess and gained < FEWEST_SHIFTED else convention


def _realigned(text: str, found: Mention, convention: OffsetConvention | None) -> Mention | None:
    mention = convention.moved(text, found) if convention else found
    if mention is None or mention.quotation is None:
        return mention
    return _moved_to_quotation(text, mention)


def _moved_to_quotation(text: str, mention: Mention) -> Mention | None:
    if len(mention.spans) > 1 or not mention.quotation:
        return None
    quotation = one_column(mention.quotation)
    length = len(quotation)
    first = max(0, mention.start - REALIGNMENT_RADIUS)
    reach = one_column(text[first : mention.start + REALIGNMENT_RADIUS + length])
    start = reach.find(quotation)
    if start < 0 or reach.find(quotation, start + 1) >= 0:
        return None
    span = Span(first + start, first + start + length)
    return replace(mention, spans=(span,), quotation=None)
