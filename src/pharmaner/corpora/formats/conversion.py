"""From one format to another, document by document, with an account of what that lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pharmaner.corpora.formats.brat_folder import FileNames
from pharmaner.corpora.formats.losses import Feature, Loss
from pharmaner.corpora.formats.reading import read_found
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import Format
from pharmaner.corpora.report import UNREADABLE, Problem, ProblemKind, refuse
from pharmaner.document import Document
from pharmaner.errors import CorpusError
from pharmaner.storage import whole_file, whole_folder


@dataclass(slots=True)
class Account:
    """What was converted, what was wrong with it, and what the new format could not hold."""

    documents: int = 0
    mentions: int = 0
    problems: list[Problem] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    @property
    def lost(self) -> dict[tuple[Feature, str], list[str]]:
        """The documents that lost something, by what and why; once for each time."""
        lost: dict[tuple[Feature, str], list[str]] = {}
        for loss in self.losses:
            lost.setdefault((loss.feature, loss.message), []).append(loss.document_id)
        return lost

    @property
    def not_read(self) -> list[Problem]:
        """What the file held that a document has no place for."""
        return [problem for problem in self.problems if problem.kind is ProblemKind.NOT_READ]


def convert(
    source: Source, form: Format | None, target: Format, output: Path, strict: bool = False
) -> Account:
    """Convert a corpus.

    Args:
        source: what to read.
        form: its format; guessed if ``None``.
        target: the format to write.
        output: the file to write, or the folder where the format is one.
        strict: refuse losses.

    Raises:
        CorpusError: when something cannot be read, when all that there is was passed over, and
            under ``strict`` when something would be lost; nothing is written then.
        OutputError: when ``output`` is there already or cannot be written.
        MissingExtraError: when what reads or writes a format is not installed.
    """
    account = Account()
    with (whole_folder if target.is_folder else whole_file)(output) as temporary:
        target.write(_adapted(source, form, target, account), temporary)
        if not account.documents:
            refuse(account.problems, frozenset(ProblemKind))
        if strict:
            _refuse_losses(account)
    return account


def _adapted(
    source: Source, form: Format | None, target: Format, account: Account
) -> Iterator[Document]:
    names = FileNames()
    for document, problems in read_found(source, form):
        refuse(problems, UNREADABLE)
        account.problems += problems
        if document is None:
            continue
        adapted, losses = target.fit(document)
        if target.is_folder:
            adapted, more = names.fit(adapted)
            losses += more
        account.losses += losses
        account.documents += 1
        account.mentions += len(adapted.mentions)
        yield adapted


def _refuse_losses(account: Account) -> None:
    counts = Counter(loss.feature.value for loss in account.losses)
    counts["not read"] += len(account.not_read)
    counts = +counts
    if counts:
        listed = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        raise CorpusError(f"--strict: {listed} would be lost; nothing was written")
