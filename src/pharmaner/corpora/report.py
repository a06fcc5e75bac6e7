"""What a reader found wrong in a corpus: nothing is dropped without a ``Problem`` that says so."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pharmaner.errors import CorpusError


class ProblemKind(StrEnum):
    """The kinds of problems a corpus can have."""

    MISMATCH = "mismatch"
    BROKEN_LINE = "broken_line"
    OUT_OF_RANGE = "out_of_range"
    MALFORMED = "malformed"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE_MENTION = "duplicate_mention"
    OVERLAP = "overlap"
    DANGLING = "dangling_reference"
    MISSING_ANN = "missing_ann"
    MISSING_TXT = "missing_txt"
    UNDECODABLE = "undecodable"
    DUPLICATE_DOCUMENT = "duplicate_document"
    NOT_READ = "not_read"


UNREADABLE = frozenset(
    {
        ProblemKind.OUT_OF_RANGE,
        ProblemKind.MALFORMED,
        ProblemKind.MISSING_ANN,
        ProblemKind.MISSING_TXT,
        ProblemKind.UNDECODABLE,
        ProblemKind.DUPLICATE_DOCUMENT,
    }
)
"""Kinds that leave something out of the documents that were read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``line`` counts from 1; 0 speaks of the whole file."""

    file: str
    line: int
    kind: ProblemKind
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        shown = where.encode("utf-8", "backslashreplace").decode()
        return f"{shown}: {self.message}"


def refuse(problems: Iterable[Problem], kinds: frozenset[ProblemKind] = UNREADABLE) -> None:
    """Stop at problems of certain kinds.

    Raises:
        CorpusError: with the first of them, and how many more there are.
    """
    found = [problem for problem in problems if problem.kind in kinds]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise CorpusError(f"{found[0]}{more}")


def summary(problems: Iterable[Problem]) -> str:
    """The number of problems by kind in a few words, as ``5 mismatch, 1 overlap``."""
    counts = Counter(problem.kind.value for problem in problems)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
