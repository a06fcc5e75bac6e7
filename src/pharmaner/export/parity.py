"""What an export changes in the predictions, and how much of that is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pharmaner.document import Document
from pharmaner.scoring.strict import Counts, Scorer, score

LARGEST_LOSS = 0.002
"""How far the span F1 of int8 may lie below that of fp32 on a labelled corpus."""

LEAST_AGREEMENT = 0.98
"""The least span F1 of int8 with fp32 taken as gold, on texts without labels."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check measured, in a line for people and as JSON, and whether it is accepted."""

    accepted: bool
    line: str
    measured: dict[str, Any]


def compare_spans(
    what: str, expected: Sequence[Document], found: Sequence[Document], whose: str
) -> Finding:
    """Compare what must find the very spans that were expected with these."""
    counts = _agreement(expected, found)
    mentions = counts.true_positives + counts.false_negatives
    differing = counts.false_positives + counts.false_negatives
    measured = {"mentions": mentions, "differing": differing}
    if not mentions:
        return Finding(
            False, f"{what}: no mention in {len(expected)} texts: nothing to judge by", measured
        )
    verdict = f"identical to {whose}" if not differing else f"{differing} differ from {whose}"
    return Finding(
        not differing, f"{what}: {mentions} mentions in {len(expected)} texts, {verdict}", measured
    )


def compare_int8(
    fp32: Sequence[Document], int8: Sequence[Document], gold: Sequence[Document] = ()
) -> Finding:
    """Compare int8 with fp32: by F1 where gold has mentions that fp32 finds, else by spans."""
    agreement = _agreement(fp32, int8).f1
    measured = {"agreement_f1": agreement}
    is_labelled = any(document.mentions for document in gold)
    before = score(gold, fp32).micro if is_labelled else None
    if not (before and before.true_positives):
        return Finding(
            agreement >= LEAST_AGREEMENT,
            f"int8: {100 * agreement:.2f} % span agreement (F1) with fp32; from "
            f"{100 * LEAST_AGREEMENT:g} % is accepted",
            measured | {"least_agreement_f1": LEAST_AGREEMENT},
        )
    after = score(gold, int8).micro
    return Finding(
        before.f1 - after.f1 <= LARGEST_LOSS,
        f"int8: F1 {100 * after.f1:.2f}, fp32 {100 * before.f1:.2f}, span agreement "
        f"{100 * agreement:.2f} %; up to {100 * LARGEST_LOSS:g} points lower is accepted",
        measured | {"f1": after.f1, "fp32_f1": before.f1, "largest_loss": LARGEST_LOSS},
    )


def _agreement(expected: Sequence[Document], found: Sequence[Document]) -> Counts:
    return score(expected, found, Scorer.PUBLIC).micro
