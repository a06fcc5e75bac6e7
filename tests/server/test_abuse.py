"""Malformed requests by the hundred beside slow clients; PHARMANER_ABUSE_REQUESTS sets how many."""

import io
import json
import os
import random
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pharmaner.server.security import new_key
from tests.server.conftest import MARK, Server, start
from tests.server.test_refusals import assert_refused, form, raw_reply

REQUESTS = int(os.environ.get("PHARMANER_ABUSE_REQUESTS", "120"))
BODY = 50_000
KEY, DIGEST = new_key()
SLOW = 20
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=B"}
VALID = json.dumps({"text": f"Toma litio. {MARK}"}).encode()

Ask = Callable[[httpx.Client, random.Random], tuple[httpx.Response, int]]


@pytest.fixture
def guarded(trained: Path, tmp_path: Path) -> Iterator[Server]:
    config = tmp_path / "serve.toml"
    config.write_text(f'[limits]\nbody_bytes = {BODY}\n[keys]\nward = "{DIGEST}"\n')
    running = start(tmp_path, "--model", trained, "--config", config, "--log-level", "debug")
    yield running
    running.process.kill()
    running.process.wait()


def post(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post("/v1/predict", content=body, headers=JSON)


def cut_short(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    return post(client, VALID[: rng.randrange(1, len(VALID))]), 400


def of_another_form(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    wrong: Any = rng.choice([None, 1, 2.5, True, [], {}, [MARK], {MARK: MARK}])
    place = rng.choice(["text", "documents", MARK])
    if place == "documents" and wrong == []:
        wrong = [[]]
    return post(client, json.dumps({place: wrong}).encode()), 422


def with_more_keys(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    more = {f"{MARK}{rng.random()}": MARK for _ in range(rng.randrange(1, 50))}
    return post(client, json.dumps({"text": MARK, **more}).encode()), 422


def not_utf8(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    place = rng.randrange(len(VALID) + 1)
    return post(client, VALID[:place] + b"\xff" + VALID[place:]), 400


def half_a_character(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    surrogate = f"\\u{rng.randrange(0xD800, 0xE000):04x}"
    return post(client, f'{{"text": "{MARK}{surrogate}"}}'.encode()), 422


def of_another_kind(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    kind = rng.choice(["text/plain", "application/xml", f"text/{MARK}", "multipart/form-data"])
    return client.post("/v1/predict", content=VALID, headers={"content-type": kind}), 415


def elsewhere(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    path = rng.choice([f"/{MARK}", f"/v1/{MARK}", f"/page/{MARK}.js", "/%2e%2e/main.py", "/v1"])
    return client.get(f"{path}?{MARK}={rng.random()}"), 404


def by_another_method(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    method = rng.choice(["PUT", "DELETE", "PATCH", MARK.upper()])
    path = rng.choice(["/v1/predict", "/v1/predict/file", "/health", "/v1/model", "/"])
    return client.request(method, path, content=VALID, headers=JSON), 405


def too_large(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    return post(client, VALID + b" " * rng.randrange(BODY, 3 * BODY)), 413


def with_a_wrong_key(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    wrong = rng.choice(["", KEY[:-1], f"{KEY}x", DIGEST, MARK, "x" * 5_000])
    bearing = {**JSON, "authorization": f"Bearer {wrong}".strip()}
    return client.post("/v1/predict", content=VALID, headers=bearing), 401


def half_a_form(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    whole = form(MARK.encode())
    content = whole[: rng.randrange(1, len(whole) - len(b"-\r\n"))]
    return client.post("/v1/predict/file", content=content, headers=FORM), 422


def damaged_zip(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{MARK}.txt", MARK * 9)
    whole = stream.getvalue()
    upload = {"file": (f"{MARK}.zip", whole[: rng.randrange(len(whole) - 22)])}
    return client.post("/v1/predict/file", files=upload), 400


def another_file(client: httpx.Client, rng: random.Random) -> tuple[httpx.Response, int]:
    name = rng.choice([f"{MARK}.pdf", MARK, f"{MARK}.txt.exe", ".txt", f"{MARK}.docx"])
    return client.post("/v1/predict/file", files={"file": (name, VALID)}), 415


WAYS: list[Ask] = [
    cut_short,
    of_another_form,
    with_more_keys,
    not_utf8,
    half_a_character,
    of_another_kind,
    elsewhere,
    by_another_method,
    too_large,
    with_a_wrong_key,
    half_a_form,
    damaged_zip,
    another_file,
]


def slow_clients(server: Server) -> list[socket.socket]:
    """Half of them stop in their headers, half in their bodies."""
    head = f"POST /v1/predict HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
    body = f"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{MARK}"
    clients = []
    for number in range(SLOW):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        client.sendall((head + (body if number % 2 else "X-Note: ")).encode())
        clients.append(client)
    return clients


def unhurried_client(server: Server) -> httpx.Client:
    """A connection for each request: kept ones are cut by the server where a machine is busy."""
    return httpx.Client(
        base_url=server.url,
        headers={"authorization": f"Bearer {KEY}"},
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=120,
        trust_env=False,
    )


def garbage(server: Server, rng: random.Random) -> None:
    sent = f"{MARK} ".encode() + rng.randbytes(rng.randrange(1, 500)) + b"\r\n\r\n"
    received = raw_reply(server, sent)
    assert received == b"" or received.startswith(b"HTTP/1.1 400 ")
    assert MARK.encode() not in received


def test_malformed_requests_are_refused_and_the_server_lives(guarded: Server) -> None:
    rng = random.Random(8)
    slow = slow_clients(guarded)
    with unhurried_client(guarded) as client:
        answer = post(client, VALID)
        assert answer.status_code == 200
        for number in range(REQUESTS):
            if number % (len(WAYS) + 1) == len(WAYS):
                garbage(guarded, rng)
                continue
            reply, status = WAYS[number % (len(WAYS) + 1)](client, rng)
            assert_refused(reply, status)
            if number % 50 == 0:
                assert post(client, VALID).text == answer.text
        assert post(client, VALID).text == answer.text
        assert client.get("/ready").status_code == 200
    for connection in slow:
        connection.close()
    assert guarded.stop() == 0
    log = guarded.log.read_text()
    assert MARK not in log
    assert MARK.upper() not in log
    assert "litio" not in log
    assert KEY not in log
    assert "Traceback" not in log
    assert " ERROR " not in log
