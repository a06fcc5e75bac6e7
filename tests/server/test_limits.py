"""A server with small limits and API keys: who is let in, what is too much, who is too slow."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pharmaner.document import Document
from pharmaner.server.security import new_key
from pharmaner.tagger import Tagger
from tests.server.conftest import MARK, Server, assert_same, long_text, start
from tests.server.test_predictions import packed, records
from tests.server.test_refusals import assert_refused

BODY = 400_000
LONGEST = 100_000
KEYS = [new_key() for _ in range(2)]


@pytest.fixture(scope="module")
def strict(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("strict")
    limits = {
        "body_bytes": BODY,
        "unpacked_bytes": 500_000,
        "documents": 3,
        "document_characters": LONGEST,
        "queue_requests": 2,
        "open_requests": 20,
        "read_seconds": 3.0,
    }
    lines = ["[limits]", *(f"{name} = {value}" for name, value in limits.items()), "[keys]"]
    lines += [f'client-{number} = "{digest}"' for number, (_, digest) in enumerate(KEYS)]
    (folder / "serve.toml").write_text("\n".join(lines))
    options = ["--config", folder / "serve.toml", "--log-level", "debug"]
    running = start(folder, "--model", trained, *options)
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture
def keyed(strict: Server) -> Iterator[httpx.Client]:
    with strict.client(KEYS[0][0]) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/predict/file", "/v1/none"])
@pytest.mark.parametrize(
    "bearing",
    ["", "Bearer", "Bearer wrong", f"Basic {KEYS[0][0]}"],
    ids=["none", "empty", "wrong", "another scheme"],
)
def test_without_a_known_key_nothing_is_read(strict: Server, path: str, bearing: str) -> None:
    headers = {"authorization": bearing} if bearing else {}
    with strict.client() as client:
        reply = client.post(path, content=b"x" * (BODY + 1), headers=headers)
    assert_refused(reply, 401)
    assert reply.headers["www-authenticate"] == "Bearer"


def test_each_key_opens_and_the_state_needs_none(strict: Server) -> None:
    for key, digest in KEYS:
        with strict.client(key) as client:
            assert records(client.post("/v1/predict", json={"text": "Toma litio"}))
            assert client.get("/v1/model").status_code == 200
            assert client.get("/metrics").status_code == 200
        with strict.client(digest) as client:
            assert client.post("/v1/predict", json={"text": ""}).status_code == 401
    with strict.client() as client:
        for path in ("/", "/health", "/ready", "/openapi.json"):
            assert client.get(path).status_code == 200
        for path in ("/metrics", "/v1/model"):
            assert client.get(path).status_code == 401
        security = client.get("/openapi.json").json()["components"]["securitySchemes"]
    assert [scheme["scheme"] for scheme in security.values()] == ["bearer"]
    log = strict.log.read_text()
    assert not any(key in log for key, _ in KEYS)


def test_a_body_above_the_limit(keyed: httpx.Client) -> None:
    content = b'{"text": "' + b"x" * BODY + b'"}'
    assert_refused(keyed.post("/v1/predict", content=content), 413)
    chunks = (content[at : at + 5_000] for at in range(0, len(content), 5_000))
    reply = keyed.post("/v1/predict", content=chunks)
    assert "content-length" not in reply.request.headers
    assert_refused(reply, 413)
    assert_refused(keyed.post("/v1/predict/file", files={"file": ("a.txt", content)}), 413)


def test_a_body_at_the_limit_is_read(keyed: httpx.Client) -> None:
    empty = b'{"text": ""}'
    content = empty + b" " * (BODY - len(empty))
    headers = {"content-type": "application/json"}
    assert keyed.post("/v1/predict", content=content, headers=headers).status_code == 200
    assert keyed.post("/v1/predict", content=content + b" ", headers=headers).status_code == 413


def test_a_text_and_a_number_of_documents_above_the_limit(keyed: httpx.Client) -> None:
    too_long = "x" * (LONGEST + 1)
    assert_refused(keyed.post("/v1/predict", json={"text": too_long}), 413)
    upload = {"file": ("a.txt", too_long.encode())}
    assert_refused(keyed.post("/v1/predict/file", files=upload), 413)
    documents = [{"id": str(number), "text": ""} for number in range(4)]
    assert_refused(keyed.post("/v1/predict", json={"documents": documents}), 413)
    assert len(records(keyed.post("/v1/predict", json={"documents": documents[:3]}))) == 3


def test_zip_bombs(keyed: httpx.Client) -> None:
    for bomb in (
        packed({"a.txt": "0" * 50_000_000}),
        packed({f"{number}.txt": MARK for number in range(4)}),
    ):
        assert_refused(keyed.post("/v1/predict/file", files={"file": ("a.zip", bomb)}), 413)


def request_head(length: int) -> bytes:
    lines = [
        "POST /v1/predict HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {KEYS[0][0]}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def received(connection: socket.socket) -> bytes:
    """What comes until the server closes or resets."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1000)
    return b""


def send_for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("sent", [b"", b"POST /v1/pre", request_head(99)[:-2]])
def test_a_client_that_never_ends_its_headers_is_cut(strict: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=60) as connection:
        connection.sendall(sent)
        assert received(connection) == b""


def test_a_client_that_never_ends_its_body_is_told_and_cut(strict: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=60) as connection:
        connection.sendall(request_head(99) + b'{"text": "')
        reply = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close\r\n" in reply


def test_a_client_that_goes_on_after_a_refusal_is_cut(strict: Server) -> None:
    head = request_head(10**9).replace(KEYS[0][0].encode(), b"wrong")
    with socket.create_connection(("127.0.0.1", strict.port), timeout=60) as connection:
        connection.sendall(head)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 401 ")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(connection)


@pytest.mark.parametrize("path", ["/health", "/ready", "/", "/none"])
def test_where_no_body_is_needed_none_is_waited_for(strict: Server, path: str) -> None:
    head = request_head(BODY).replace(b"POST /v1/predict ", f"GET {path} ".encode())
    with socket.create_connection(("127.0.0.1", strict.port), timeout=60) as connection:
        connection.sendall(head + b"x" * 1000)
        status = 404 if path == "/none" else 200
        assert connection.recv(10_000).startswith(f"HTTP/1.1 {status} ".encode())


def half_sent(strict: Server) -> socket.socket:
    """A connection whose headers the server has read; it waits for the body."""
    connection = socket.create_connection(("127.0.0.1", strict.port), timeout=60)
    connection.sendall(request_head(99)[:-2] + b"Expect: 100-continue\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    return connection


def test_more_requests_at_once_than_allowed_are_told_when_to_come_back(
    strict: Server, keyed: httpx.Client
) -> None:
    half = [half_sent(strict) for _ in range(20)]
    reply = keyed.get("/v1/model")
    assert keyed.get("/health").status_code == 200
    for connection in half:
        connection.close()
    assert_refused(reply, 503)
    assert reply.headers["retry-after"] == "1"


def waiting(client: httpx.Client) -> int:
    found = re.search(r"\npharmaner_queue_requests (\S+)", client.get("/metrics").text)
    assert found
    return int(float(found[1]))


def test_a_full_queue_refuses_and_what_it_holds_is_answered(
    strict: Server, keyed: httpx.Client, tagger: Tagger
) -> None:
    texts = [long_text(LONGEST - number) for number in range(2)]

    def ask(text: str) -> httpx.Response:
        with strict.client(KEYS[1][0]) as client:
            return client.post("/v1/predict", json={"text": text})

    accepted: list[Future[httpx.Response]] = []
    with ThreadPoolExecutor(2) as clients:
        for text in texts:
            accepted.append(clients.submit(ask, text))
            while waiting(keyed) < len(accepted):
                assert not any(future.done() for future in accepted)
        reply = keyed.post("/v1/predict", json={"text": "Toma litio"})
        assert_refused(reply, 503)
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert keyed.get("/health").status_code == 200
    for text, future in zip(texts, accepted, strict=True):
        (record,) = records(future.result())
        (prediction,) = tagger.predict_documents([Document("text", text)])
        assert_same(record, prediction)
    assert records(keyed.post("/v1/predict", json={"text": "Toma litio"}))


def test_a_client_that_goes_gives_its_place_back(strict: Server, keyed: httpx.Client) -> None:
    body = f'{{"text": "{long_text(LONGEST - 5000)}"}}'.replace("\n", " ").encode()
    with socket.create_connection(("127.0.0.1", strict.port)) as connection:
        connection.sendall(request_head(len(body)) + body)
        while waiting(keyed) == 0:
            pass
    while waiting(keyed):
        pass
    assert "POST /v1/predict 499 " in strict.log.read_text()
