"""Reading corpora and texts for the verbs, saying what was found wrong and what became of it."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pharmaner.cli.console import say
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import CorpusError

if TYPE_CHECKING:
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


def read_texts(inputs: Iterable[Path]) -> "list[Document]":
    """The texts of files, of folders (not of sub-folders), and of standard input.

    Raises:
        CorpusError: when something cannot be read, a folder has no .txt, or two texts would have
            the same name.
    """
    from pharmaner.corpora.folder import read_text
    from pharmaner.document import Document

    documents: dict[str, Document] = {}
    for path in inputs:
        if path == Path("-"):
            found = [Document("stdin", _read_standard_input())]
        elif path.is_dir():
            files = sorted(path.glob("*.txt"))
            if not files:
                raise CorpusError(f"{path}: holds no .txt files")
            if unread := len(list(path.glob("*/**/*.txt"))):
                say(f"{path}: {unread} .txt files in sub-folders are not read")
            found = [Document(file.stem, read_text(file)) for file in files]
        else:
            found = [Document(path.stem, read_text(path))]
        for document in found:
            if document.id in documents:
                raise CorpusError(f"{path}: a second text named {document.id!r}")
            documents[document.id] = document
    return list(documents.values())


def _read_standard_input() -> str:
    content = sys.stdin.buffer.read()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise CorpusError(
            f"standard input: byte 0x{byte:02x} at position {error.start} is not UTF-8"
        ) from None
