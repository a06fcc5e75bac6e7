"""Reading corpora and texts for the verbs, saying what was found wrong and what became of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pharmaner.cli.console import say
from pharmaner.corpora.mismatch import OnMismatch

if TYPE_CHECKING:
    from pharmaner.corpora.texts import Texts
    from pharmaner.document import Document


def read_annotated(folder: Path, on_mismatch: OnMismatch) -> "list[Document]":
    """The documents of a corpus in any format, mismatches settled; everything unusual is said.

    Raises:
        CorpusError: at whatever cannot be read, with file and line; under ``refuse`` also at the
            first mismatch.
    """
    from pharmaner.corpora.formats.reading import read_corpus
    from pharmaner.corpora.mismatch import settle_mismatches
    from pharmaner.corpora.report import UNREADABLE, ProblemKind, refuse, summary

    corpus = read_corpus(folder)
    refuses_mismatches = on_mismatch is OnMismatch.REFUSE
    refuse(corpus.problems, UNREADABLE | ({ProblemKind.MISMATCH} if refuses_mismatches else set()))
    documents, settled = settle_mismatches(corpus.documents, on_mismatch)
    say(f"{folder}: {len(documents)} documents")
    if corpus.problems:
        fates = ", ".join(f"{count} {fate}" for fate, count in settled.items())
        fates = f" ({fates})" if fates else ""
        say(f"{folder}: {summary(corpus.problems)}{fates}; `pharmaner audit {folder}` lists them")
    return documents


def warn_of_leaks(learned: "list[Document]", judged: "list[Document]") -> None:
    """Say how many dev documents have the text of a training document."""
    texts = {document.text for document in learned}
    leaked = sum(document.text in texts for document in judged)
    if leaked:
        say(f"{leaked} dev documents have the text of a training document: their score flatters")


def name_texts(inputs: Iterable[Path]) -> "Texts":
    """The texts of files, of folders (not of sub-folders), and of standard input.

    Raises:
        CorpusError: as ``pharmaner.corpora.texts.name_texts``.
    """
    from pharmaner.corpora import texts

    named = texts.name_texts(inputs)
    for folder, count in named.unread.items():
        say(f"{folder}: {count} .txt files in sub-folders are not read")
    return named
