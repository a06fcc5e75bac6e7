"""A folder of brat files, ``NAME.txt`` beside ``NAME.ann``: read into documents, written back."""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pharmaner.corpora.brat import format_annotations, parse_document
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.corpora.undecodable import undecodable
from pharmaner.document import Document
from pharmaner.errors import CorpusError, OutputError
from pharmaner.storage import whole_folder

SUFFIXES = (".ann", ".txt")
"""Of the two files of a document, whatever their case."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of a folder, sorted by id, and what was wrong with the files."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def read_folder(folder: Path) -> Corpus:
    """Read every document of a brat folder; sub-folders are not entered.

    A text without annotations and annotations without a text are problems, not documents.

    Raises:
        CorpusError: when the folder does not exist or holds neither .txt nor .ann files.
    """
    return gathered(read_documents(folder))


def read_documents(
    folder: Path, encoding: str = "utf-8"
) -> Iterator[tuple[Document | None, list[Problem]]]:
    """As ``read_folder``, one by one: a document, or none, and what was wrong with its files.

    Raises:
        CorpusError: as ``read_folder``.
    """
    texts, annotations = _files(folder)
    if left := unread_below(folder, SUFFIXES):
        yield None, left
    for name in sorted(texts.keys() | annotations.keys()):
        yield _read_pair(name, texts.get(name), annotations.get(name), encoding)


def unread_below(folder: Path, suffixes: Iterable[str]) -> list[Problem]:
    """What says how many files with such suffixes lie in sub-folders, hidden ones aside."""
    wanted = sorted(suffixes)
    count = len(files_below(folder, wanted))
    message = f"{count} {' and '.join(wanted)} files in sub-folders are not read"
    name = folder.name or str(folder)
    return [Problem(name, 0, ProblemKind.NOT_READ, message)] if count else []


def files_below(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """What lies in a folder's sub-folders and has such a suffix, whatever its case; none hidden."""
    wanted = set(suffixes)
    return [path for path in folder.glob("*/**/*") if is_visible(path, wanted)]


def is_visible(path: Path, suffixes: Collection[str]) -> bool:
    """Whether a file has such a suffix, whatever its case, and is not hidden."""
    return path.suffix.lower() in suffixes and not path.name.startswith(".")


def gathered(found: Iterable[tuple[Document | None, list[Problem]]]) -> Corpus:
    """The corpus that readers yield one by one."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for document, more in found:
        problems += more
        if document is not None:
            documents.append(document)
    return Corpus(tuple(documents), tuple(problems))


def read_annotations_over(folder: Path, texts: Iterable[Document]) -> Corpus:
    """Read the .ann files of a folder over texts that are already known, as a system's output.

    Documents whose .ann is absent are absent from the result. An .ann that no text belongs to is
    a problem.

    Raises:
        CorpusError: when a .txt beside an .ann differs from the known text: the offsets of the
            two could not be compared.
    """
    known = {document.id: document.text for document in texts}
    documents: list[Document] = []
    problems: list[Problem] = []
    written, annotated = _files(folder)
    for name, path in sorted(annotated.items()):
        file = path.name
        if name not in known:
            message = "no document of that name in the gold corpus"
            problems.append(Problem(file, 0, ProblemKind.MISSING_TXT, message))
            continue
        beside = written.get(name)
        if beside and beside.read_bytes() != known[name].encode("utf-8"):
            raise CorpusError(f"{beside}: the text differs from the gold document of that name")
        annotations, found = _decoded(path)
        if annotations is not None:
            document, more = parse_document(name, known[name], annotations, file)
            documents.append(document)
            found = found + more
        problems += found
    return Corpus(tuple(documents), tuple(problems))


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file, code point by code point: no newline translation, BOM kept.

    Raises:
        CorpusError: when the file cannot be read or decoded; names the first bad byte.
    """
    text, problems = _decoded(path, encoding)
    if text is None:
        raise CorpusError(str(path.parent / str(problems[0])))
    return text


def write_folder(documents: Iterable[Document], folder: Path) -> None:
    """Write documents as a brat folder, whole or not at all.

    Raises:
        OutputError: when the folder is not empty or cannot be written to, or an id is no file name.
    """
    with whole_folder(folder) as temporary:
        write_files(documents, temporary)


def write_files(documents: Iterable[Document], folder: Path) -> None:
    """Write a .txt and an .ann a document into a folder that is there but not yet in its place.

    All of them are on the disk when it returns, which costs less than waiting for each.

    Raises:
        OutputError: when an id is no file name, such as one that leads out of the folder.
    """
    for document in documents:
        write_pair(document, folder)
    os.sync()


def write_pair(document: Document, folder: Path) -> None:
    """Write a document's .txt and .ann, without waiting for the disk.

    Raises:
        OutputError: as ``write_files``.
    """
    name = document.id
    if name in {"", ".."} or Path(name).name != name or "\0" in name:
        raise OutputError(f"{folder}: the document id {name!r} is no name of a file")
    for suffix, content in ((".txt", document.text), (".ann", format_annotations(document))):
        path = folder / f"{name}{suffix}"
        path.write_bytes(content.encode("utf-8"))
        path.chmod(0o644)


def _files(folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """The texts and the annotations of a folder by name; hidden files are none."""
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; a folder of .txt and .ann files is accepted")
    found: dict[str, dict[str, Path]] = {suffix: {} for suffix in SUFFIXES}
    for path in sorted(folder.iterdir()):
        if not is_visible(path, found):
            continue
        of_suffix = found[path.suffix.lower()]
        if path.stem in of_suffix:
            raise CorpusError(f"{path}: {of_suffix[path.stem].name} has its name but for the case")
        of_suffix[path.stem] = path
    if not any(found.values()):
        below = files_below(folder, SUFFIXES)
        inside = sorted({str(path.parent.relative_to(folder)) for path in below})
        hint = f"; its sub-folders {', '.join(inside)} do" if inside else ""
        raise CorpusError(f"{folder}: holds no .txt and no .ann files{hint}")
    return found[".txt"], found[".ann"]


def _read_pair(
    name: str, txt: Path | None, ann: Path | None, encoding: str
) -> tuple[Document | None, list[Problem]]:
    try:
        name.encode()
    except UnicodeEncodeError:
        return None, [Problem(name, 0, ProblemKind.UNDECODABLE, "its name is not UTF-8")]
    if txt is None:
        return None, [Problem(f"{name}.ann", 0, ProblemKind.MISSING_TXT, f"{name}.txt is missing")]
    if ann is None:
        return None, [Problem(f"{name}.txt", 0, ProblemKind.MISSING_ANN, f"{name}.ann is missing")]
    text, problems = _decoded(txt, encoding)
    annotations, more = _decoded(ann, encoding)
    if text is None or annotations is None:
        return None, problems + more
    return parse_document(name, text, annotations, ann.name)


def _decoded(path: Path, encoding: str = "utf-8") -> tuple[str | None, list[Problem]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return content.decode(encoding), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = undecodable(error, encoding)
        return None, [Problem(path.name, line, ProblemKind.UNDECODABLE, found)]
    except UnicodeError:
        return None, [Problem(path.name, 0, ProblemKind.UNDECODABLE, f"is not {encoding}")]
