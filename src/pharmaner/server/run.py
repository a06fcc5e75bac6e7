"""Running the service until a signal ends it."""

import ipaddress
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from pharmaner.backends import overflow_risk
from pharmaner.decoding.dictionary import Dictionary
from pharmaner.errors import InputError
from pharmaner.model_folder import ModelFolder
from pharmaner.server import logs
from pharmaner.server.app import build_app
from pharmaner.server.batching import Batcher
from pharmaner.server.connections import timed_protocol
from pharmaner.server.metrics import Metrics
from pharmaner.server.security import HEADERS
from pharmaner.server.service import Service
from pharmaner.server.settings import Limits, Settings
from pharmaner.tagger import Tagger


def serve(
    model: ModelFolder,
    settings: Settings,
    host: str,
    port: int,
    log_level: str,
    say: Callable[[str], None],
    dictionary: Dictionary | None = None,
) -> None:
    """Serve a model until SIGTERM or SIGINT, then finish what was accepted.

    Args:
        model: the folder; the tagger is loaded from it once the address is taken.
        settings: limits and keys.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        log_level: of debug, info, warning and error, the least that is logged.
        say: shows a line to the operator.
        dictionary: names that are known beforehand.

    Raises:
        InputError: when the address cannot be listened on.
        PharmanerError: as ``Tagger.load``.
    """
    card = model.card
    logs.set_up(log_level)
    os.environ["HF_HUB_OFFLINE"] = "1"
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    say(f"listening on http://{shown}:{listener.getsockname()[1]}")
    if (risk := overflow_risk(model)) is not None:
        say(risk)
    if not settings.keys and not _is_loopback(listener):
        say("whoever reaches this address can use it: there are no API keys")

    def stop(*_: object) -> None:
        server.should_exit = True

    metrics = Metrics()
    batcher = Batcher(
        lambda: Tagger.load(model.path, dictionary=dictionary), settings.limits, metrics
    )
    service = Service(model, card, settings, batcher, metrics, stop, lambda: server.should_exit)
    server = uvicorn.Server(_configuration(build_app(service), settings.limits))
    _on_signals(stop)
    server.run(sockets=[listener])
    if batcher.error is not None:
        raise batcher.error
    say("stopped")


def _configuration(app: object, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="asyncio",
        http=timed_protocol(limits.read_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=list(HEADERS.items()),
        timeout_graceful_shutdown=int(2 * limits.read_seconds + limits.answer_seconds) + 1,
    )


def _on_signals(stop: Callable[[int, FrameType | None], None]) -> None:
    """Let a signal stop the server also before and after uvicorn listens for it.

    uvicorn raises a signal that ended it again, which would end the process by the signal.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def listen(host: str, port: int) -> socket.socket:
    """A socket whose connections send at once what is written.

    asyncio sees to that for the sockets that it makes itself alone. Without it the end of a reply
    waits for the client to acknowledge its beginning, which takes up to 40 ms.

    Raises:
        InputError: when the address cannot be listened on.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(found[4][:2], family=found[0], backlog=1024)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{host}:{port}: cannot be listened on: {reason}") from None


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
