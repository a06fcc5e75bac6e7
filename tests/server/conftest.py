"""Real servers in processes of their own, on free ports of the loopback."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx
import pytest

from pharmaner.document import Document
from pharmaner.prediction.predictor import Prediction
from pharmaner.tagger import Tagger

LAUNCH = """
import os, sys
def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        sys.stderr.write("DISK\\n")
    if event == "socket.getaddrinfo" and arguments[0] == "127.0.0.1":
        return
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}:
        sys.stderr.write(f"OUTSIDE {event}\\n")
sys.addaudithook(watch)
"""
RUN = "from pharmaner.cli.main import run; run()"

TELEMETRY = {
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
}
"""What would make FastAPI send traces, had the server not said no."""

MARK = "zqxjkvw"
"""Stands in texts, names, keys and paths; must never stand in a log or in an error."""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    log: Path
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self, key: str = "") -> httpx.Client:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)


StartServer = Callable[..., Server]


def start(folder: Path, *options: object) -> Server:
    """Start a server and wait until it is ready; its whole output goes to one file."""
    log = folder / "server.log"
    command = [sys.executable, "-X", "dev", "-c", LAUNCH + RUN, "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *map(str, options)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **TELEMETRY},
        )
    while not (found := re.search(r"listening on (\S+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    server = Server(process, log, found[1])
    while not is_ready(server):
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    return server


def is_ready(server: Server) -> bool:
    """Asked on a connection of its own: a busy machine may let the server cut one that waits."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@pytest.fixture(scope="session")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the usual limits and no keys, which logs all it ever would."""
    folder = tmp_path_factory.mktemp("server")
    running = start(folder, "--model", trained, "--log-level", "debug")
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def tagger(trained: Path) -> Tagger:
    """The same model, without a server."""
    return Tagger.load(trained)


def long_text(characters: int) -> str:
    """A text long enough to keep the tagger busy."""
    sentence = "Toma enalapril 5mg. Control de ferritina en sangre.\n"
    return (sentence * (characters // len(sentence) + 1))[:characters]


def assert_same(record: dict[str, object], prediction: Prediction) -> None:
    """A record is the offline prediction; scores may differ in the last digit with the batch."""
    document: Document = prediction.document
    assert (record["id"], record["text"]) == (document.id, document.text)
    found = record["mentions"]
    assert isinstance(found, list)
    expected = [
        {"start": m.start, "end": m.end, "label": m.label, "text": document.text_of(m)}
        for m in document.mentions
    ]
    assert [{k: v for k, v in mention.items() if k != "score"} for mention in found] == expected
    scores = [mention["score"] for mention in found]
    assert scores == pytest.approx([m.score for m in document.mentions], abs=2e-4)
    assert record["characters_covered"] == len(document.text)
