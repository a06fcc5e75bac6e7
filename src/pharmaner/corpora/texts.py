"""Texts to annotate: named at once, read one by one."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pharmaner.corpora.folder import files_below, is_visible, read_text
from pharmaner.corpora.undecodable import undecodable
from pharmaner.document import Document
from pharmaner.errors import CorpusError

STANDARD_INPUT = Path("-")
"""The path that stands for standard input, as on command lines."""

LONGEST_NAME = 251
"""In bytes; with ``.txt`` or ``.ann`` no file system here takes more."""

_SUFFIXES = (".txt",)


@dataclass(frozen=True, slots=True)
class Texts:
    """The names of texts, in order: folders, each with its files' names.

    ``unread`` says of each folder how many .txt files lie in its sub-folders, which are not read.
    ``encoding`` is how the files' bytes become text, ``standard_input`` are those that came there.
    """

    folders: tuple[tuple[Path, tuple[str, ...]], ...]
    unread: dict[Path, int]
    encoding: str = "utf-8"
    standard_input: bytes = b""

    def __len__(self) -> int:
        return sum(len(names) for _, names in self.folders)

    def __iter__(self) -> Iterator[Path]:
        return (folder / name for folder, names in self.folders for name in names)

    @property
    def signature(self) -> str:
        """A hash of names, order, the files' sizes and times, standard input, and the encoding."""
        digest = hashlib.sha256(self.encoding.encode() + b"\0" + self.standard_input)
        for path in self:
            digest.update(b"\0" + os.fsencode(path.name))
            if path.is_file():
                found = path.stat()
                digest.update(f"\0{found.st_size} {found.st_mtime_ns}".encode())
        return digest.hexdigest()

    def place_after(self, document_id: str | None) -> int:
        """How many texts come up to and with the one of an id; none before all."""
        if document_id is None:
            return 0
        return next(place for place, path in enumerate(self, 1) if text_id(path) == document_id)

    def documents(
        self, skip: int = 0, on_failure: Callable[[str, Exception], object] | None = None
    ) -> Iterator[Document]:
        """Read the texts in order.

        Args:
            skip: how many to pass over at the beginning.
            on_failure: is told the name of each text that cannot be read, which is then left out.

        Raises:
            CorpusError: without ``on_failure``, when a text cannot be read or is not UTF-8.
        """
        for place, path in enumerate(self):
            if place < skip:
                continue
            try:
                document = self._read(path)
            except CorpusError as error:
                if on_failure is None:
                    raise
                on_failure(path.name, error)
            else:
                yield document

    def _read(self, path: Path) -> Document:
        try:
            path.name.encode()
        except UnicodeEncodeError:
            raise CorpusError(f"{str(path)!r}: its name is not UTF-8") from None
        if text_id(path) in {".", ".."}:
            raise CorpusError(f"{path}: its name without .txt is none of a file")
        if len(text_id(path).encode()) > LONGEST_NAME:
            message = f"its name without .txt is over {LONGEST_NAME} bytes, too long for a .txt"
            raise CorpusError(f"{path}: {message}")
        if path.suffix in _SUFFIXES and path.is_fifo():
            raise CorpusError(f"{path}: is no plain file")
        is_file = path != STANDARD_INPUT
        text = read_text(path, self.encoding) if is_file else self._decoded_standard_input()
        try:
            return Document(text_id(path), text)
        except ValueError as error:
            raise CorpusError(f"{path}: {error}") from None

    def _decoded_standard_input(self) -> str:
        try:
            return self.standard_input.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise CorpusError(f"standard input: {undecodable(error, self.encoding)}") from None
        except UnicodeError:
            raise CorpusError(f"standard input: is not {self.encoding}") from None


def name_texts(inputs: Iterable[Path], encoding: str = "utf-8") -> Texts:
    """The texts of files, of folders (not of sub-folders), and of standard input, sorted by name.

    Standard input is read to its end here.

    Raises:
        CorpusError: when a file or folder is not there, a folder has no .txt, two texts would
            have the same name, or standard input is closed.
    """
    folders: list[tuple[Path, tuple[str, ...]]] = []
    unread: dict[Path, int] = {}
    for path in inputs:
        if path.is_dir():
            names = sorted(f.name for f in path.iterdir() if is_visible(f, _SUFFIXES))
            if not names:
                raise CorpusError(f"{path}: holds no .txt files")
            folders.append((path, tuple(names)))
            if count := len(files_below(path, _SUFFIXES)):
                unread[path] = count
        elif path == STANDARD_INPUT or path.exists():
            folders.append((path.parent, (path.name,)))
        else:
            raise CorpusError(f"{path}: no such file; a .txt file, a folder or - is accepted")
    _refuse_second_names(folders)
    texts = Texts(tuple(folders), unread, encoding)
    if STANDARD_INPUT in texts:
        return replace(texts, standard_input=_standard_input())
    return texts


def text_id(path: Path) -> str:
    """The id of the document that a path's text becomes."""
    return "stdin" if path == STANDARD_INPUT else path.stem


def _refuse_second_names(folders: Iterable[tuple[Path, tuple[str, ...]]]) -> None:
    seen: set[str] = set()
    for folder, names in folders:
        for name in names:
            found = text_id(folder / name)
            if found in seen:
                raise CorpusError(f"{folder / name}: a second text named {found!r}")
            seen.add(found)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise CorpusError("standard input: is closed")
    return sys.stdin.buffer.read()
