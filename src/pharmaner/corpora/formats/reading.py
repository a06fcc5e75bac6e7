"""The one way in which a corpus is read, whatever its format."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pharmaner.corpora.folder import Corpus, gathered, read_annotations_over, unread_below
from pharmaner.corpora.formats.guessing import files_of, guess_format
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.formats.table import Format
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document
from pharmaner.errors import CorpusError


def read_corpus(path: Path) -> Corpus:
    """Read a corpus, in order, its format guessed.

    Raises:
        CorpusError: when its format is not clear, or the whole cannot be read.
        MissingExtraError: when what reads the format is not installed.
    """
    return gathered(read_found(Source(path)))


def read_predictions(path: Path, gold: Iterable[Document]) -> Corpus:
    """Read a system's output over texts that are known, its format guessed.

    Of brat folders the .ann files alone are needed. A document that gold has not is a problem.

    Raises:
        CorpusError: as ``read_corpus``, and when a text differs from gold's: the offsets of the two
            could not be compared.
    """
    if guess_format(path).is_folder:
        return read_annotations_over(path, gold)
    known = {document.id: document.text for document in gold}
    corpus = read_corpus(path)
    documents = []
    problems = list(corpus.problems)
    for document in corpus.documents:
        if document.id not in known:
            message = f"no document {document.id!r} in the gold corpus"
            problems.append(Problem(path.name, 0, ProblemKind.MISSING_TXT, message))
        elif document.text != known[document.id]:
            raise CorpusError(
                f"{path}: the text of {document.id!r} differs from the gold document's"
            )
        else:
            documents.append(document)
    return Corpus(tuple(documents), tuple(problems))


def read_found(source: Source, form: Format | None = None) -> Iterator[Found]:
    """Read a file, or the files of a folder, document by document.

    What a reader has to hold in memory as a whole says so in its own file. Of two documents of one
    id the second is a problem.

    Args:
        source: the file or folder.
        form: its format; guessed if ``None``.

    Raises:
        CorpusError: as ``read_corpus``.
        MissingExtraError: as ``read_corpus``.
    """
    chosen = form or guess_format(source.path, source.encoding)
    known: set[str] = set()
    is_of_files = source.path.is_dir() and not chosen.is_folder
    if is_of_files and (left := unread_below(source.path, chosen.suffixes)):
        yield None, left
    for file in _files(source, chosen):
        for number, (document, problems) in enumerate(chosen.read(file), start=1):
            if document is not None and document.id in known:
                message = f"document {number}: a second document of the id {document.id!r}"
                more = Problem(file.file, 0, ProblemKind.DUPLICATE_DOCUMENT, message)
                yield None, [*problems, more]
                continue
            if document is not None:
                known.add(document.id)
            yield document, problems


def _files(source: Source, form: Format) -> list[Source]:
    if form.is_folder or not source.path.is_dir():
        return [source]
    files = files_of(source.path, form.suffixes)
    if not files:
        accepted = ", ".join(form.suffixes)
        raise CorpusError(f"{source.path}: holds no files of {form.name}; {accepted} are accepted")
    return [replace(source, path=file) for file in files]
