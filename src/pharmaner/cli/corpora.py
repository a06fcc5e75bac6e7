"""Reading corpora and texts for the verbs, saying what was found wrong and what became of it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pharmaner.cli.console import say
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError

if TYPE_CHECKING:
    from pharmaner.corpora.formats.source import Source
    from pharmaner.corpora.formats.texts import CorpusTexts
    from pharmaner.corpora.report import ProblemKind
    from pharmaner.corpora.texts import Texts
    from pharmaner.document import Document


def read_annotated(
    folder: Path,
    on_mismatch: OnMismatch,
    passed_over: "frozenset[ProblemKind]" = frozenset(),
) -> "list[Document]":
    """The documents of a corpus in any format, mismatches settled; everything unusual is said.

    Args:
        folder: the corpus.
        on_mismatch: what becomes of mentions whose quotation differs from the text.
        passed_over: kinds of problems whose documents are left out, and counted.

    Raises:
        CorpusError: at whatever else cannot be read, with file and line; under ``refuse`` also at
            the first mismatch.
    """
    from pharmaner.corpora.formats.reading import read_corpus
    from pharmaner.corpora.mismatch import settle_mismatches
    from pharmaner.corpora.report import UNREADABLE, ProblemKind, refuse, summary

    corpus = read_corpus(folder)
    refuses_mismatches = on_mismatch is OnMismatch.REFUSE
    refused = UNREADABLE | ({ProblemKind.MISMATCH} if refuses_mismatches else set())
    refuse(corpus.problems, refused - passed_over)
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


def name_texts(
    inputs: list[Path], source: "Source | None" = None, names_files: bool = False
) -> "Texts | CorpusTexts":
    """The texts of files, of folders (not of sub-folders), and of standard input; or of a corpus.

    Args:
        inputs: .txt files, folders, - for standard input; or one file in a format.
        source: how they are read, its path left aside; by default as UTF-8.
        names_files: whether every text's id must be a file name of its own.

    Raises:
        InputError: when a file in a format is not the only input.
        CorpusError: as ``pharmaner.corpora.texts.name_texts`` and ``open_corpus_texts``.
        MissingExtraError: as ``open_corpus_texts``.
    """
    from pharmaner.corpora import texts
    from pharmaner.corpora.formats.source import Source

    source = source or Source(Path())
    if corpora := _corpora(inputs):
        if len(inputs) > 1:
            raise InputError(f"{corpora[0]}: a corpus in one file is accepted alone")
        return _open_corpus(replace(source, path=corpora[0]), names_files)
    named = texts.name_texts(inputs, source.encoding)
    for folder, count in named.unread.items():
        say(f"{folder}: {count} .txt files in sub-folders are not read")
    return named


def _corpora(inputs: list[Path]) -> list[Path]:
    """Those in a format; formats are loaded only where a suffix is not that of text."""
    others = [path for path in inputs if path.suffix.lower() not in {"", ".txt"}]
    if not others:
        return []
    from pharmaner.corpora.formats.texts import is_corpus_file

    return [path for path in others if is_corpus_file(path)]


def _open_corpus(source: "Source", names_files: bool) -> "CorpusTexts":
    from pharmaner.corpora.formats.texts import open_corpus_texts
    from pharmaner.corpora.report import summary

    opened = open_corpus_texts(source, names_files)
    say(f"{source.path}: {len(opened)} documents")
    if opened.problems:
        say(f"{source.path}: {summary(opened.problems)}")
    if opened.renamed:
        first = opened.renamed[0]
        count = f"{len(opened.renamed)} ids"
        say(f"{source.path}: {count} {first.message} (the first: {first.document_id!r})")
    return opened
