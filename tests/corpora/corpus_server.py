"""A server on loopback that hands out one file, as well or as badly as it is told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Served:
    """What the server has and does; a test may change it between requests.

    ``cuts`` are the bytes after which the next connections break; ``ranges`` the Range headers
    that came, None where there was none.
    """

    content: bytes
    etag: str = '"first"'
    honours_ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    status: int = 0
    redirect: str = ""
    ranges: list[str | None] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Run the server for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, served)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}/corpus.zip"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, served: Served) -> None:
    asked = handler.headers.get("Range")
    served.ranges.append(asked)
    if served.status or served.redirect:
        handler.send_response(served.status or 302)
        handler.send_header("Location", served.redirect)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    start = 0
    is_same = handler.headers.get("If-Range") in (None, served.etag)
    if asked and served.honours_ranges and is_same:
        start = int(re.fullmatch(r"bytes=(\d+)-", asked).group(1))  # type: ignore[union-attr]
    if start and start >= len(served.content):
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{len(served.content)}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    rest = served.content[start:]
    handler.send_response(206 if start else 200)
    if start:
        total = len(served.content)
        handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
    if served.etag:
        handler.send_header("ETag", served.etag)
    handler.send_header("Content-Length", str(len(rest)))
    handler.end_headers()
    handler.wfile.write(rest[: served.cuts.pop(0)] if served.cuts else rest)
