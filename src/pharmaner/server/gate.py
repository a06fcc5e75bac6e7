"""What every request passes first: its key, its size and its pace; and what is said of it after."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pharmaner.server.logs import log_failure, logger
from pharmaner.server.refusal import RefusedError
from pharmaner.server.security import Keys
from pharmaner.server.service import Service

CLIENT_GONE = 499
"""What is counted, as nginx does, where no client was left to answer."""

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_WITH_KEY = ("/v1/", "/metrics")
_OTHER_SITES = {b"cross-site", b"same-site"}
"""What browsers say of a request that another site's page makes (W3C, Fetch Metadata)."""

_PROBES = {"/health", "/ready", "/metrics"}
_WITH_BODY = "/v1/predict"


class ClientGoneError(Exception):
    """The client has closed the connection."""


class Gate:
    """Wraps an application: keys, bodies' sizes and time-outs, failures, counts and the log.

    The whole body is read here, so that the application never waits for a client; where none is
    needed, what a client sends is left unread.

    Args:
        app: what answers the requests that pass.
        service: its settings bound sizes and times, and name the keys, which are needed for
            everything under ``/v1/`` and for ``/metrics``.
        routes: the paths that are named in counts and log; any other is ``other``, as paths
            come from clients.
    """

    def __init__(self, app: ASGIApp, service: Service, routes: Collection[str]) -> None:
        self._app = app
        self._limits = service.settings.limits
        self._keys = Keys(service.settings.keys.values())
        self._metrics = service.metrics
        self._is_stopping = service.is_stopping
        self._routes = frozenset(routes)
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        reply = _Reply(send, self._is_stopping)
        body = b""
        self._open += 1
        try:
            self._refuse(scope)
            if scope["path"].startswith(_WITH_BODY):
                body = await self._body(scope, receive)
            await self._app(scope, _replay(body, receive), reply.send)
        except RefusedError as refusal:
            await refused(refusal)(scope, receive, reply.send)
        except ClientGoneError:
            pass
        except Exception as error:
            log_failure("request failed", error)
            if reply.status == CLIENT_GONE:
                await refused(RefusedError(500, "internal error"))(scope, receive, reply.send)
        finally:
            self._open -= 1
            self._tell(scope, reply.status, len(body), time.perf_counter() - begin)

    def _refuse(self, scope: Scope) -> None:
        """Refuse by what the headers say, before any of the body is read."""
        if scope["path"] not in _PROBES and self._open > self._limits.open_requests:
            raise RefusedError(503, "too many requests at once", {"retry-after": "1"})
        if scope["path"].startswith("/v1/") and _header(scope, b"sec-fetch-site") in _OTHER_SITES:
            raise RefusedError(403, "pages of other sites are not served")
        needs_key = scope["path"].startswith(_WITH_KEY)
        if needs_key and not self._keys.accept(_header(scope, b"authorization")):
            message = "a known key is accepted: Authorization: Bearer KEY"
            raise RefusedError(401, message, {"www-authenticate": "Bearer"})

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"bodies of up to {self._limits.body_bytes} bytes are accepted")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        stated = _header(scope, b"content-length")
        if stated.isdigit() and int(stated) > self._limits.body_bytes:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.read_seconds):
                while True:
                    part = await receive()
                    if part["type"] == "http.disconnect":
                        raise ClientGoneError
                    body += part.get("body", b"")
                    if len(body) > self._limits.body_bytes:
                        raise self._too_large()
                    if not part.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            message = f"a body that takes up to {self._limits.read_seconds:g} s is accepted"
            raise RefusedError(408, message, {"connection": "close"}) from None

    def _tell(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        route = scope["path"] if scope["path"] in self._routes else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.latency.labels(route).observe(seconds)
        level = logging.DEBUG if route in _PROBES else logging.INFO
        logger.log(level, "%s %s %d bytes=%d seconds=%.3f", method, route, status, size, seconds)


class _Reply:
    """Passes a reply on and remembers its status.

    When the server is stopping it also ends the connection. uvicorn ends those that it knows when
    the signal comes, not one that is being accepted just then, whose client could go on for ever.
    """

    def __init__(self, send: Send, is_stopping: Callable[[], bool]) -> None:
        self.status = CLIENT_GONE
        self._send = send
        self._is_stopping = is_stopping

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._is_stopping():
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await self._send(message)


def refused(refusal: RefusedError) -> JSONResponse:
    """The reply to a refused request."""
    return JSONResponse({"detail": refusal.message}, refusal.status, refusal.headers)


def _header(scope: Scope, name: bytes) -> bytes:
    values: list[bytes] = [value for key, value in scope["headers"] if key == name]
    return values[0] if values else b""


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body, then waits for the client to go."""
    is_given = False

    async def next_message() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
