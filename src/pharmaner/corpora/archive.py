"""Unpacking zip archives that come from elsewhere: nothing outside the folder, nothing endless."""

import shutil
import stat
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from pharmaner.errors import CorpusError

MOST_FILES = 100_000
LARGEST_UNPACKED = 4 << 30
"""The most bytes that an archive may unpack to."""

HIGHEST_RATIO = 100
"""How many times an archive's own size it may unpack to; texts reach 3 to 10."""

_ENCRYPTED = 0x1


def unpack(archive: Path, folder: Path) -> int:
    """Unpack a zip archive into an empty folder; all members are checked before one is written.

    Returns:
        The number of files.

    Raises:
        CorpusError: for what is no zip archive, a member that would leave the folder, is a link,
            encrypted or a second one of its name, and for more than the limits above.
        OSError: when the disk cannot be written to.
    """
    try:
        with ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.filename.endswith("/")]
            _check(archive, members)
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, target.open("xb") as stream:
                    shutil.copyfileobj(source, stream)
            return len(members)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise CorpusError(f"{archive}: is no zip archive that can be read: {error}") from None


def _check(archive: Path, members: list[ZipInfo]) -> None:
    seen: set[PurePosixPath] = set()
    for member in members:
        path = PurePosixPath(member.filename.casefold())
        if reason := _reason_to_refuse(member):
            raise CorpusError(f"{archive}: {member.filename!a} {reason}")
        if path in seen:
            raise CorpusError(f"{archive}: {member.filename!a} is there twice")
        seen.add(path)
    if len(members) > MOST_FILES:
        raise CorpusError(f"{archive}: {len(members)} files; up to {MOST_FILES} are accepted")
    size = sum(member.file_size for member in members)
    largest = min(LARGEST_UNPACKED, HIGHEST_RATIO * archive.stat().st_size)
    if size > largest:
        raise CorpusError(f"{archive}: unpacks to {size} bytes; up to {largest} are accepted")


def _reason_to_refuse(member: ZipInfo) -> str:
    if not member.filename:
        return "is no name of a file"
    posix, windows = PurePosixPath(member.filename), PureWindowsPath(member.filename)
    if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts:
        return "would be written outside of the folder"
    if "\\" in member.orig_filename or "\0" in member.orig_filename:
        return "holds a backslash or NUL in its name"
    if windows.is_reserved():
        return "is a name that Windows reserves"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    return "is encrypted" if member.flag_bits & _ENCRYPTED else ""
