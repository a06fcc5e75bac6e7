"""Which format a file or folder is in: by its suffix, then by its start."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pharmaner.corpora.folder import is_visible
from pharmaner.corpora.formats.bioc_json import DOCUMENTS as BIOC_DOCUMENTS
from pharmaner.corpora.formats.builder import shown
from pharmaner.corpora.formats.conll import DOCUMENT_START, TAG
from pharmaner.corpora.formats.json_text import load_json
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS, Format, named_format
from pharmaner.errors import CorpusError, InputError

_PUBTATOR = re.compile(r"[^|\t]+\|t\|")
_BY_SUFFIX = {
    ".xml": "bioc-xml",
    ".csv": "csv",
    ".parquet": "parquet",
    ".spacy": "docbin",
    ".pubtator": "pubtator",
} | dict.fromkeys(FORMATS["conll"].suffixes, "conll")
_JSON = {".json", ".jsonl"}
SUFFIXES = frozenset({*_BY_SUFFIX, *_JSON, ".tsv"})
"""Of files in some format; a file with another may still be one."""
_LOOKED_AT = 65_536
"""How many bytes of a file's start are looked at, where its first line is no JSON."""


def guess_format(path: Path, encoding: str = "utf-8") -> Format:
    """The format of a file, or that of the files of a folder.

    Raises:
        CorpusError: when it cannot be told; names the formats there are.
    """
    if path.is_dir():
        files = files_of(path, SUFFIXES)
        if not files or files_of(path, [".ann"]):
            return FORMATS["brat"]
        suffixes = sorted({file.suffix.lower() for file in files})
        if len(suffixes) > 1:
            raise CorpusError(f"{path}: holds {', '.join(suffixes)} files; name one of them")
        path = files[0]
    elif not path.exists():
        accepted = ", ".join(name for name in FORMATS if name != "brat")
        message = f"a brat folder, or a file or folder of {accepted} is accepted"
        raise CorpusError(f"{path}: no such file or folder; {message}")
    suffix = path.suffix.lower()
    name = _BY_SUFFIX.get(suffix) or (_of_json(path, encoding) if suffix in _JSON else "")
    name = name or _of_lines(path, encoding) or ("csv" if suffix == ".tsv" else "")
    if not name:
        accepted = f"`pharmaner convert {path} OUT --from F` accepts {', '.join(FORMATS)}"
        raise CorpusError(f"{path}: its format is not clear; {accepted}")
    return named_format(name)


def files_of(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """The files of a folder with certain suffixes, whatever their case, in order."""
    wanted = set(suffixes)
    files = (path for path in folder.iterdir() if path.is_file())
    return sorted(path for path in files if is_visible(path, wanted))


def _of_json(path: Path, encoding: str) -> str:
    start = _start(path, encoding).lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        return _of_list(path, encoding)
    first = next((line for _, line in Source(path, encoding).lines() if line.strip()), "")
    try:
        record = load_json(first)
    except ValueError:
        return "bioc-json" if start.startswith("{") and path.suffix.lower() == ".json" else ""
    held: dict[str, Any] = record if isinstance(record, dict) else {}
    keys = set(held)
    if keys.intersection(BIOC_DOCUMENTS) and "text" not in keys:
        return "bioc-json"
    if "mentions" in keys:
        return "jsonl"
    is_labelled = any(isinstance(held.get(key), list) for key in ("label", "labels", "entities"))
    if "spans" in keys or ("answer" in keys and not is_labelled):
        return "prodigy"
    if keys & {"label", "labels", "entities"}:
        return "doccano"
    return "jsonl" if "text" in keys else ""


def _of_list(path: Path, encoding: str) -> str:
    try:
        held = load_json(Source(path, encoding).text())
    except ValueError:
        return "label-studio"  # its reader says why this is no JSON
    first = held[0] if held else {"data": {}}
    keys = set(first) if isinstance(first, dict) else set()
    if "data" in keys:
        return "label-studio"
    if keys.intersection(BIOC_DOCUMENTS):
        return "bioc-json"
    accepted = 'Label Studio\'s export called JSON (not JSON-MIN), whose elements have "data", '
    accepted += 'lists of BioC collections, which have "documents", and lines of one object each '
    accepted += "without a list around them"
    raise CorpusError(f"{path}: a list that begins with {shown(first)}; {accepted} are accepted")


def _of_lines(path: Path, encoding: str) -> str:
    for line in _start(path, encoding).split("\n"):
        line = line.removeprefix("\ufeff").rstrip("\r")
        if _PUBTATOR.match(line):
            return "pubtator"
        columns = line.split("\t") if "\t" in line else line.split(" ")
        if line.startswith(DOCUMENT_START):
            return "conll"
        if line.startswith("#FORMAT=WebAnno"):
            message = (
                "is WebAnno TSV, which is not read; INCEpTION and WebAnno also export CoNLL 2002"
            )
            raise CorpusError(f"{path}: {message}, which is")
        if line.strip() and not line.startswith("#"):
            return "conll" if len(columns) > 1 and TAG.fullmatch(columns[-1]) else ""
    return ""


def _start(path: Path, encoding: str) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_LOOKED_AT).decode(encoding, "replace")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error


def format_to_write(path: Path) -> Format:
    """The format that an output's name asks for; without a suffix a brat folder.

    Raises:
        InputError: when its suffix is none, or that of several formats.
    """
    suffix = path.suffix.lower()
    asked = [form for form in FORMATS.values() if suffix in form.suffixes]
    if len(asked) == 1 or suffix == ".jsonl":
        return asked[0]
    if not suffix:
        return FORMATS["brat"]
    accepted = ", ".join(form.name for form in asked or FORMATS.values())
    raise InputError(f"{path}: --to FORMAT is needed; {accepted} are accepted")
