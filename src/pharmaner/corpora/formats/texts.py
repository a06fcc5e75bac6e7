"""The texts of a table or another corpus, to annotate: counted once, read one by one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pharmaner.corpora.formats.brat_folder import FileNames
from pharmaner.corpora.formats.guessing import SUFFIXES
from pharmaner.corpora.formats.losses import Loss
from pharmaner.corpora.formats.reading import read_found
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.report import UNREADABLE, Problem
from pharmaner.document import Document
from pharmaner.errors import CorpusError
from pharmaner.storage import sha256


def is_corpus_file(path: Path) -> bool:
    """Whether a path's suffix is that of a format and not of plain text."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


@dataclass(frozen=True, slots=True)
class CorpusTexts:
    """The texts of a file in one of the formats.

    ``count`` is how many documents it holds, those that cannot be read included; ``problems`` what
    is wrong with those that can; ``renamed`` which ids are changed where ``names_files``, when each
    must be a file name of its own.
    """

    source: Source
    names_files: bool
    count: int
    problems: tuple[Problem, ...]
    renamed: tuple[Loss, ...]

    def __len__(self) -> int:
        return self.count

    @property
    def signature(self) -> str:
        """A hash of the file and of what is read in it."""
        columns = f"{self.source.encoding} {self.source.text_column} {self.source.id_column}"
        return f"{sha256(self.source.path)} {columns}"

    def place_after(self, document_id: str | None) -> int:
        """How many texts come up to and with the one of an id; none before all."""
        if document_id is None:
            return 0
        named = enumerate(_counted(self.source, self.names_files), 1)
        return next(place for place, (d, _) in named if d is not None and d.id == document_id)

    def documents(
        self, skip: int = 0, on_failure: Callable[[str, Exception], object] | None = None
    ) -> Iterator[Document]:
        """Read the texts in order, with whatever else the file has of them.

        Args:
            skip: how many to pass over at the beginning.
            on_failure: is told of each document that cannot be read, which is then left out.

        Raises:
            CorpusError: without ``on_failure``, when a document cannot be read.
        """
        for place, (document, problems) in enumerate(_counted(self.source, self.names_files)):
            if place < skip:
                continue
            if document is not None:
                yield document
                continue
            reason = next(problem for problem in problems if problem.kind in UNREADABLE)
            error = CorpusError(str(reason))
            if on_failure is None:
                raise error
            on_failure(reason.file, error)


def open_corpus_texts(source: Source, names_files: bool) -> CorpusTexts:
    """Read a file through once, to count it.

    Raises:
        CorpusError: when its format is not clear, or it cannot be read as a whole.
        MissingExtraError: when what reads the format is not installed.
    """
    count, wrong, renamed = 0, list[Problem](), list[Loss]()
    for document, problems, losses in _found(source, names_files):
        is_counted = _is_counted(document, problems)
        count += is_counted
        wrong += problems if document is not None or not is_counted else []
        renamed += losses
    return CorpusTexts(source, names_files, count, tuple(wrong), tuple(renamed))


def _is_counted(document: Document | None, problems: Iterable[Problem]) -> bool:
    """Whether it is a document or should have been one; what is not meant to be read is neither."""
    return document is not None or any(problem.kind in UNREADABLE for problem in problems)


def _counted(source: Source, names_files: bool) -> Iterator[tuple[Document | None, list[Problem]]]:
    for document, problems, _ in _found(source, names_files):
        if _is_counted(document, problems):
            yield document, problems


def _found(
    source: Source, names_files: bool
) -> Iterator[tuple[Document | None, list[Problem], list[Loss]]]:
    names = FileNames()
    for document, problems in read_found(source):
        losses: list[Loss] = []
        if document is not None and names_files:
            document, losses = names.fit(document)
        yield document, problems, losses
