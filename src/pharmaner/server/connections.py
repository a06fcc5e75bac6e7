"""uvicorn's HTTP/1.1 connection, with the time-outs that it lacks."""

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pharmaner.server.security import HEADERS


def timed_protocol(seconds: float) -> type[H11Protocol]:
    """A protocol that cuts clients that are slow with headers, with a reply, or after a refusal.

    uvicorn itself only times a connection on which nothing was sent since the last reply; bodies
    are timed by ``Gate``.
    """

    class Timed(_TimedProtocol):
        patience = seconds

    return Timed


class _Fuse:
    """Does something in a while, unless it is put out before."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], None]
    ) -> None:
        self._loop, self._seconds, self._act = loop, seconds, act
        self._timer: asyncio.TimerHandle | None = None

    def light(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._act)

    def put_out(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _TimedProtocol(H11Protocol):
    patience: float

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._reading = _Fuse(self.loop, self.patience, self._cut)
        self._writing = _Fuse(self.loop, self.patience, self._cut)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reading.light()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_answered = self.cycle is not None and self.cycle.response_complete
        is_owed = self.conn.their_state is h11.SEND_BODY and is_answered
        if self.conn.their_state is h11.IDLE or is_owed:
            self._reading.light()
        else:
            self._reading.put_out()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.light()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._writing.put_out()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._reading.put_out()
        self._writing.put_out()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, with the headers that every reply carries."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = b'{"detail":"not an HTTP request"}'
            headers = [
                *((name.encode(), value.encode()) for name, value in HEADERS.items()),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
            start = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (start, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _cut(self) -> None:
        self.transport.abort()
