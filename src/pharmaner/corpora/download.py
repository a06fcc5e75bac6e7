"""A file from the web that comes whole, or goes on another time from where it broke off."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pharmaner.errors import CorpusError
from pharmaner.storage import write_text

LARGEST_DOWNLOAD = 1 << 30
"""The most bytes that are accepted."""

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""

ATTEMPTS = 5
"""How often in a row a connection may break without having brought a byte."""

PAUSE = 1.0
"""Seconds before a broken connection is tried again."""

_CHUNK = 1 << 16

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Begun:
    """What is known of a download under way.

    ``validator`` is the server's name for this version of the file (its ETag, else its date):
    only the same version may be continued. ``total`` is its length in bytes, 0 when unknown.
    """

    validator: str = ""
    total: int = 0


def download(address: str, file: Path, progress: Progress | None = None) -> None:
    """Fetch an address into a file, which appears when it is whole.

    Until then the bytes lie in ``FILE.part``; the next call continues them if the server still
    has the same version of the file.

    Args:
        address: an http or https address; https is never left by a redirection.
        file: what to write.
        progress: is told the bytes there are, and their total (0 when unknown).

    Raises:
        CorpusError: when the server refuses, cannot be reached, or sends too much.
        OSError: when the disk cannot be written to.
    """
    part, notes = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.part.json")
    failures, have = 0, -1
    while True:
        begun = _notes(notes)
        with part.open("ab") as stream:
            try:
                if _is_whole(address, stream, begun, notes, progress):
                    break
                reason = "the connection broke"
            except HTTPError as error:
                raise CorpusError(
                    f"{address}: the server says {error.code} {error.reason}"
                ) from None
            except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
                reason = str(getattr(error, "reason", error)) or type(error).__name__
            failures = 0 if stream.tell() > have else failures + 1
            have = stream.tell()
        if failures >= ATTEMPTS:
            raise CorpusError(f"{address}: {reason}; {have} bytes are kept, try again to go on")
        time.sleep(PAUSE)
    part.replace(file)
    notes.unlink(missing_ok=True)


def _is_whole(
    address: str, stream: IO[bytes], begun: _Begun, notes: Path, progress: Progress | None
) -> bool:
    """Ask for what is missing and append it; whether the file is whole then."""
    have = stream.tell()
    headers = {"User-Agent": "pharmaner", "Accept-Encoding": "identity"}
    if have and begun.validator:
        headers |= {"Range": f"bytes={have}-", "If-Range": begun.validator}
    request = Request(address, headers=headers)  # noqa: S310 - the catalogue holds https alone
    try:
        response: HTTPResponse = build_opener(_Redirections).open(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == 416 and begun.total == have:
            return True
        raise
    with response:
        if response.status != 206 or not _continues(response, have):
            stream.truncate(0)
            begun = _Begun(_validator(response), int(response.headers.get("Content-Length") or 0))
            write_text(notes, json.dumps(asdict(begun)))
            if response.status == 206:
                return False
        while chunk := response.read(_CHUNK):
            stream.write(chunk)
            if stream.tell() > LARGEST_DOWNLOAD:
                raise CorpusError(f"{address}: is larger than {LARGEST_DOWNLOAD} bytes")
            if progress:
                progress(stream.tell(), begun.total)
    return stream.tell() >= begun.total


def _continues(response: HTTPResponse, have: int) -> bool:
    return (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-")


def _validator(response: HTTPResponse) -> str:
    etag = response.headers.get("ETag") or ""
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified") or ""


def _notes(file: Path) -> _Begun:
    try:
        return _Begun(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return _Begun()


class _Redirections(HTTPRedirectHandler):
    def redirect_request(self, request: Request, *rest: Any) -> Request | None:
        """Follow, but never from https to http."""
        followed = super().redirect_request(request, *rest)
        if followed and request.type == "https" != followed.type:
            raise URLError(f"is redirected to {followed.type}")
        return followed
