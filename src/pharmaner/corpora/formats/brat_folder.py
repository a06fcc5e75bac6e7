"""A folder of brat files as one of the formats."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from pharmaner.corpora.attachments import retargeted
from pharmaner.corpora.brat import on_one_line
from pharmaner.corpora.folder import read_documents
from pharmaner.corpora.folder import write_files as write
from pharmaner.corpora.formats.losses import (
    Feature,
    Fitted,
    Loss,
    in_turn,
    with_plain_types,
    without_codes,
)
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.document import Document

__all__ = ["FileNames", "adapt", "read", "write"]

_MENTION_ID = re.compile(r"T\S*")
_UNFIT_TYPE = re.compile(r"[\s;]")
_UNFIT_CODE = re.compile(r"[\t\r\n]")
_UNFIT_IN_FILE_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_LONGEST_FILE_NAME = 200
"""In bytes of UTF-8; file systems take 255, of which a suffix and a temporary name need some."""


def read(source: Source) -> Iterator[Found]:
    """Read a folder's documents one by one; sub-folders are not entered.

    Raises:
        CorpusError: when there is no such folder, or nothing in it.
    """
    return read_documents(source.path, source.encoding)


def adapt(document: Document) -> Fitted:
    """The document with types and codes of one column, and mentions called T and something.

    No two mentions keep one id; what spoke of it speaks of the first.
    """
    taken = {mention.id for mention in document.mentions}
    taken |= {attachment.line.partition("\t")[0] for attachment in document.attachments}
    free = (f"T{number}" for number in count(1) if f"T{number}" not in taken)
    names: dict[str, str] = {}
    mentions = []
    for mention in document.mentions:
        if mention.id is not None:
            fits = _MENTION_ID.fullmatch(mention.id) and mention.id not in names
            name = mention.id if fits else next(free)
            names.setdefault(mention.id, name)
            mention = replace(mention, id=name)
        mentions.append(mention)
    lines = tuple(retargeted(attachment, names) for attachment in document.attachments)
    document = replace(document, mentions=tuple(mentions), attachments=lines)
    return in_turn(
        document,
        lambda d: with_plain_types(d, _UNFIT_TYPE),
        lambda d: without_codes(d, _UNFIT_CODE),
        _quotations_on_one_line,
    )


def _quotations_on_one_line(document: Document) -> Fitted:
    losses = []
    mentions = []
    for mention in document.mentions:
        quotation = mention.quotation
        if quotation is not None and ("\n" in quotation or "\r" in quotation):
            losses.append(Loss(document.id, Feature.QUOTATIONS, "line breaks became spaces"))
            quotation = on_one_line(quotation)
        mentions.append(replace(mention, quotation=quotation))
    return replace(document, mentions=tuple(mentions)), losses


class FileNames:
    """Gives each document an id that is a file name of its own on every system.

    Path separators, control characters and what Windows reserves are replaced; a name that another
    document has, but for case or composition, gets a number.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fit(self, document: Document) -> Fitted:
        """The document under such an id; a changed one is a loss."""
        name = _UNFIT_IN_FILE_NAME.sub("_", document.id).lstrip(" ").rstrip(" .")
        name = name.encode("utf-8")[:_LONGEST_FILE_NAME].decode("utf-8", "ignore")
        if not name or name.startswith(".") or _RESERVED.fullmatch(name):
            name = f"_{name}"
        free = name
        for number in count(2):
            if _folded(free) not in self._taken:
                break
            free = f"{name}-{number}"
        self._taken.add(_folded(free))
        if free == document.id:
            return document, []
        message = "changed: not a file name of its own on every system"
        return replace(document, id=free), [Loss(document.id, Feature.DOCUMENT_IDS, message)]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
