"""An uploaded .txt, or a zip of them, as documents; nothing is ever written to a disk."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from pharmaner.document import Document
from pharmaner.server.refusal import RefusedError, too_many_documents
from pharmaner.server.schemas import LONGEST_ID
from pharmaner.server.settings import Limits

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
)


def read_upload(name: str, content: bytes, limits: Limits) -> list[Document]:
    """The documents of an upload; their ids are the files' names without folder and suffix.

    Args:
        name: the file's name; its suffix says what it is.
        content: the file.
        limits: the bounds on a zip's members.

    Raises:
        RefusedError: 415 for another kind of file, 400 for bytes that are not UTF-8 and for a zip
            that is damaged or encrypted, or holds anything but .txt files of different names,
            413 for one that unpacks to more than the limits allow.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.suffix.lower() == ".txt":
        return [Document(_named(path, "the file"), decoded(content, "the file"))]
    if path.suffix.lower() == ".zip":
        return _read_zip(content, limits)
    raise RefusedError(415, "the file's name ends in neither .txt nor .zip, which are accepted")


def decoded(content: bytes, where: str) -> str:
    """UTF-8 bytes as text, code point by code point.

    Raises:
        RefusedError: 400 with the position of the first byte that is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(
            400, f"{where}: the byte at position {error.start} is not UTF-8"
        ) from None


def _read_zip(content: bytes, limits: Limits) -> list[Document]:
    documents: dict[str, Document] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_passed_over(entry)]
            _refuse_bomb(entries, len(content), limits)
            for number, entry in enumerate(entries, start=1):
                where = f"member {number} of the zip"
                identifier = _identifier(entry, where)
                if identifier in documents:
                    raise RefusedError(400, f"{where}: an earlier one has its name")
                with archive.open(entry) as stream:
                    unpacked = stream.read(entry.file_size + 1)
                documents[identifier] = Document(identifier, decoded(unpacked, where))
    except _DAMAGED:
        raise RefusedError(400, "the zip is damaged or no zip") from None
    return list(documents.values())


def _is_passed_over(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS adds beside every file."""
    name = entry.orig_filename
    is_of_macos = name.startswith("__MACOSX/") and PurePosixPath(name).name.startswith("._")
    return (name.endswith("/") and not entry.file_size) or is_of_macos


def _refuse_bomb(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    """Refuse by the sizes that the zip states; no more than is stated is ever unpacked."""
    if len(entries) > limits.documents:
        raise too_many_documents(len(entries), limits.documents)
    unpacked = sum(entry.file_size for entry in entries)
    accepted = min(limits.unpacked_bytes, limits.unpacked_ratio * packed)
    if unpacked > accepted:
        raise RefusedError(413, f"unpacks to {unpacked} bytes; of this zip {accepted} are accepted")


def _identifier(entry: zipfile.ZipInfo, where: str) -> str:
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedError(400, f"{where}: is encrypted")
    if entry.compress_type not in _METHODS:
        raise RefusedError(400, f"{where}: is compressed otherwise than by deflate")
    name = _name(entry)
    path = PurePosixPath(name)
    is_outside = path.is_absolute() or ".." in path.parts or name[1:2] == ":"
    if is_outside or "\\" in name or "\0" in name:
        raise RefusedError(400, f"{where}: its name leaves the zip")
    if path.suffix.lower() != ".txt" or name.endswith("/"):
        raise RefusedError(400, f"{where}: is no .txt")
    return _named(path, where)


def _name(entry: zipfile.ZipInfo) -> str:
    """A member's name; macOS writes UTF-8 without saying so, which is read as code page 437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.orig_filename


def _named(path: PurePosixPath, where: str) -> str:
    """The id that a file's name gives, bounded as ids in JSON are."""
    try:
        path.stem.encode()
    except UnicodeEncodeError:
        raise RefusedError(400, f"{where}: its name holds a lone surrogate") from None
    if not 0 < len(path.stem) <= LONGEST_ID:
        raise RefusedError(
            400, f"{where}: its name has {len(path.stem)} characters; {LONGEST_ID} are accepted"
        )
    return path.stem
