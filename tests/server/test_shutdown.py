"""SIGTERM under load: what was accepted is answered, then the process ends well."""

import contextlib
import json
import re
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx
import pytest

from pharmaner.document import Document
from pharmaner.tagger import Tagger
from tests.server.conftest import Server, assert_same, long_text, start
from tests.server.test_predictions import note


@pytest.fixture
def loaded(trained: Path, tmp_path: Path) -> Iterator[Server]:
    running = start(tmp_path, "--model", trained)
    yield running
    running.process.kill()
    running.process.wait()


def begun(server: Server, body: bytes) -> socket.socket:
    """A connection whose headers the server has read; it waits for the body."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=120)
    head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    length = f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    connection.sendall(f"{head}{length}".encode())
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    return connection


def in_queue(client: httpx.Client) -> int:
    found = re.search(r"\npharmaner_queue_requests (\S+)", client.get("/metrics").text)
    assert found
    return int(float(found[1]))


def test_sigterm_under_load(loaded: Server, tagger: Tagger) -> None:
    large = [long_text(30_000 + number) for number in range(6)]
    answered: dict[str, str] = {}

    def ask_once(text: str) -> None:
        with loaded.client() as client:
            answered[text] = client.post("/v1/predict", json={"text": text}).text

    def ask_on(number: int) -> None:
        with loaded.client() as client, contextlib.suppress(httpx.TransportError):
            for turn in count():
                text = note(number, turn)
                if number % 2:
                    file = {"file": ("text.txt", text.encode())}
                    reply = client.post("/v1/predict/file", files=file)
                else:
                    reply = client.post("/v1/predict", json={"text": text})
                assert reply.status_code == 200
                answered[text] = reply.text

    with ThreadPoolExecutor(14) as clients, loaded.client() as watcher:
        tasks = [clients.submit(ask_once, text) for text in large]
        while in_queue(watcher) + len(answered) < len(large):
            pass
        tasks += [clients.submit(ask_on, number) for number in range(8)]
        body = b'{"text": "Toma litio, enviado tarde."}'
        unfinished = begun(loaded, body)
        assert in_queue(watcher) > 0
        loaded.process.send_signal(signal.SIGTERM)
        unfinished.sendall(body)
        late = b"".join(iter(lambda: unfinished.recv(65536), b""))
        unfinished.close()
        for task in tasks:
            task.result()
    assert loaded.process.wait(timeout=120) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", loaded.port))
    assert late.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in late
    assert set(large) <= set(answered)
    for text, line in answered.items():
        (prediction,) = tagger.predict_documents([Document("text", text)])
        assert_same(json.loads(line), prediction)
    log = loaded.log.read_text()
    posted = re.findall(r"POST /v1/predict(?:/file)? (\d+) ", log)
    assert posted == ["200"] * (len(answered) + 1)
    assert log.splitlines()[-1] == "stopped"
