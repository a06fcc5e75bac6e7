"""Reading annotated folders for the verbs, saying what was found wrong and what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pharmaner.cli.console import say
from pharmaner.corpora.mismatch import OnMismatch

if TYPE_CHECKING:
    from pharmaner.document import Document


def read_annotated(folder: Path, on_mismatch: OnMismatch) -> "list[Document]":
    """The documents of a brat folder, mismatches settled; everything unusual is said.

    Raises:
        CorpusError: at whatever cannot be read, with file and line; under ``refuse`` also at the
            first mismatch.
    """
    from pharmaner.corpora.folder import read_folder
    from pharmaner.corpora.mismatch import settle_mismatches
    from pharmaner.corpora.report import UNREADABLE, ProblemKind, refuse, summary

    corpus = read_folder(folder)
    refuses_mismatches = on_mismatch is OnMismatch.REFUSE
    refuse(corpus.problems, UNREADABLE | ({ProblemKind.MISMATCH} if refuses_mismatches else set()))
    documents, settled = settle_mismatches(corpus.documents, on_mismatch)
    say(f"{folder}: {len(documents)} documents")
    if corpus.problems:
        fates = ", ".join(f"{count} {fate}" for fate, count in settled.items())
        fates = f" ({fates})" if fates else ""
        say(f"{folder}: {summary(corpus.problems)}{fates}; `pharmaner audit {folder}` lists them")
    return documents
