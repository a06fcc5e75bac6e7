"""A file to read, and how its bytes become text; what a reader yields."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pharmaner.corpora.report import Problem
from pharmaner.corpora.undecodable import undecodable
from pharmaner.document import Document
from pharmaner.errors import CorpusError, InputError

Found = tuple[Document | None, list[Problem]]
"""A document, or none where it could not be made, and what was wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder to read.

    ``text_column`` and ``id_column`` name the columns of a table (CSV, Parquet) that hold the text
    and the document's id.

    Raises:
        InputError: when Python knows no such encoding of texts.
    """

    path: Path
    encoding: str = "utf-8"
    text_column: str = "text"
    id_column: str = "id"

    def __post_init__(self) -> None:
        try:
            "".encode(self.encoding)
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            message = (
                "is no encoding; utf-8, cp1252, latin-1 and others that Python knows are accepted"
            )
            raise InputError(f"--encoding {self.encoding}: {message}") from None

    @property
    def file(self) -> str:
        """The name that problems are reported under."""
        return self.path.name

    def id_or_numbered(self, identifier: object, number: int) -> object:
        """A document's id; where it has none, the file's name and the document's number in it."""
        return f"{self.path.stem}-{number}" if identifier is None else identifier

    def content(self) -> bytes:
        """The bytes of the file.

        Raises:
            CorpusError: when it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise CorpusError(f"{self.path}: cannot be read: {error.strerror}") from error

    def text(self) -> str:
        """The file decoded, without the byte-order mark that may open it.

        Raises:
            CorpusError: when it cannot be read or decoded; names the first bad byte.
        """
        content = self.content()
        try:
            return content.decode(self.encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise CorpusError(self._undecodable(content, error)) from None
        except UnicodeError as error:
            raise CorpusError(f"{self.path}: is not {self.encoding}: {error}") from None

    def lines(self) -> Iterator[tuple[int, str]]:
        r"""The lines with their numbers from 1; they end at "\n"; a "\r" before it is dropped.

        Raises:
            CorpusError: as ``text``.
        """
        try:
            with self.path.open(encoding=self.encoding, newline="\n") as stream:
                for number, line in enumerate(stream, start=1):
                    if number == 1:
                        line = line.removeprefix("\ufeff")
                    yield number, line.removesuffix("\n").removesuffix("\r")
        except UnicodeError as error:
            self.text()
            raise CorpusError(f"{self.path}: is not {self.encoding}: {error}") from None
        except OSError as error:
            raise CorpusError(f"{self.path}: cannot be read: {error.strerror}") from error

    def _undecodable(self, content: bytes, error: UnicodeDecodeError) -> str:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{self.path}:{line}: {undecodable(error, self.encoding)}"
