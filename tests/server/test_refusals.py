"""Malformed and hostile requests: the right status, no word of the text, and a server alive."""

import io
import json
import socket
import subprocess
import sys
import zipfile
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pharmaner.server.security import HEADERS
from tests.server.conftest import LAUNCH, MARK, Server

JSON = {"content-type": "application/json"}
DEEP = "[" * 100_000
MANY_KEYS = json.dumps({f"{MARK}{number}": 1 for number in range(50_000)})

MALFORMED: list[tuple[int, str]] = [
    (400, ""),
    (400, "{"),
    (400, f'{{"text": "{MARK}'),
    (400, f'{{"text": {MARK}}}'),
    (400, f'{{"text": "{MARK}\n"}}'),
    (400, f'{{"text": "{MARK}\\x"}}'),
    (400, DEEP),
    (400, f'{{"text": {DEEP}'),
    (400, "1" * 10_000),
    (422, "null"),
    (422, "[]"),
    (422, f'"{MARK}"'),
    (422, "{}"),
    (422, f'{{"{MARK}": "{MARK}"}}'),
    (422, f'{{"text": "{MARK}", "{MARK}": 1}}'),
    (422, f'{{"text": ["{MARK}"]}}'),
    (422, f'{{"text": "{MARK}\\ud800"}}'),
    (422, f'{{"text": "{MARK}\\udfff\\ud800"}}'),
    (422, '{"text": "a", "\\ud800": 1}'),
    (422, f'{{"text": "{MARK}", "documents": []}}'),
    (422, f'{{"documents": "{MARK}"}}'),
    (422, f'{{"documents": ["{MARK}"]}}'),
    (422, f'{{"documents": [{{"id": "{MARK}"}}]}}'),
    (422, f'{{"documents": [{{"id": "", "text": "{MARK}"}}]}}'),
    (422, f'{{"documents": [{{"id": "\\ud800", "text": "{MARK}"}}]}}'),
    (422, f'{{"documents": [{{"id": "{MARK * 40}", "text": ""}}]}}'),
    (422, f'{{"documents": [{{"id": 1, "text": "{MARK}"}}]}}'),
    (422, f'{{"documents": [{{"id": "a", "text": "", "{MARK}": ""}}]}}'),
    (422, f'{{"documents": [{{"id": "{MARK}", "text": ""}}, {{"id": "{MARK}", "text": ""}}]}}'),
    (422, f'{{"text": "{MARK}", "text": "b"}}'),
    (422, f'{{"documents": [{{"id": "a", "text": "", "text": "{MARK}"}}]}}'),
    (422, MANY_KEYS),
    (422, f'{{"documents": [{MANY_KEYS}]}}'),
    (422, f'{{"documents": [{"1," * 900}1]}}'),
    (413, f'{{"documents": [{"1," * 100_000}1]}}'),
]


def assert_refused(reply: httpx.Response, *statuses: int) -> None:
    assert reply.status_code in statuses, reply.text
    assert MARK not in reply.text
    assert len(reply.json()["detail"]) < 200
    assert_safe(reply)


def assert_safe(reply: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert reply.headers.get_list(name) == [value]
    assert "server" not in reply.headers


@pytest.mark.parametrize(("status", "body"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_body(client: httpx.Client, status: int, body: str) -> None:
    reply = client.post("/v1/predict", content=body.encode(), headers=JSON)
    assert_refused(reply, 422 if not body else status)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_are_refused(client: httpx.Client, site: str) -> None:
    """Any page may send a form to the loopback; a browser says of each request who asks."""
    upload = {"file": (f"{MARK}.txt", MARK.encode())}
    theirs = client.post("/v1/predict/file", files=upload, headers={"sec-fetch-site": site})
    assert_refused(theirs, 403)
    for own in ("same-origin", "none"):
        headers = {"sec-fetch-site": own}
        assert client.post("/v1/predict/file", files=upload, headers=headers).status_code == 200


def test_bytes_that_are_not_utf8(client: httpx.Client) -> None:
    content = b'{"text": "' + MARK.encode() + b'\xfa"}'
    reply = client.post("/v1/predict", content=content, headers=JSON)
    assert_refused(reply, 400)
    assert reply.json()["detail"] == "the byte at position 17 is not UTF-8"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", MARK])
def test_other_kinds_of_body(client: httpx.Client, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    for path in ("/v1/predict", "/v1/predict/file"):
        content = f'{{"text": "{MARK}"}}'.encode()
        assert_refused(client.post(path, content=content, headers=headers), 415)


def form(content: bytes, name: str = "file", filename: str | None = f"{MARK}.txt") -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n--B--\r\n"


FORMS: list[tuple[int, bytes]] = [
    (422, b""),
    (400, MARK.encode()),
    (422, form(b"x", name=MARK)),
    (400, form(b"x", filename=None)),
    (422, form(b"x", filename="")),
    (415, form(b"x", filename=MARK)),
    (400, form(MARK.encode() + b"\xff")),
    (400, form(MARK.encode(), filename=f"{MARK}.zip")),
    (400, form(b"x")[:-7] + form(b"y")),
    (400, f"--B\r\n{MARK}\r\n\r\nx\r\n--B--".encode()),
]


@pytest.mark.parametrize(("status", "body"), FORMS, ids=range(len(FORMS)))
def test_a_malformed_form(client: httpx.Client, status: int, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert_refused(client.post("/v1/predict/file", content=body, headers=headers), status)
    unbounded = {"content-type": f"multipart/form-data; {MARK}"}
    assert_refused(client.post("/v1/predict/file", content=body, headers=unbounded), 400)


def test_a_zip_with_a_wrong_member_names_no_member(client: httpx.Client) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"../{MARK}.txt", MARK)
    upload = {"file": (f"{MARK}.zip", stream.getvalue())}
    assert_refused(client.post("/v1/predict/file", files=upload), 400)


def test_paths_and_methods_that_are_not_there(client: httpx.Client) -> None:
    for path in (f"/{MARK}", f"/v1/{MARK}", "/v1/predict/", "/../../etc/passwd", "/docs", "/redoc"):
        assert_refused(client.get(path, params={"text": MARK}), 404)
    for method in ("GET", "PUT", "DELETE", MARK.upper()):
        assert_refused(client.request(method, "/v1/predict"), 405)
    assert client.get("/v1/predict").headers["allow"] == "POST"


NOT_HTTP = [
    f"{MARK}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{MARK}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    f"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: {MARK}\r\n\r\n",
    f"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{MARK}",
    f"POST /v1/predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * 100_000,
    "\0" * 100 + "\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def raw_reply(server: Server, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    return received


@pytest.mark.parametrize("sent", NOT_HTTP, ids=range(len(NOT_HTTP)))
def test_what_is_not_http(server: Server, sent: str) -> None:
    received = raw_reply(server, sent.encode("latin-1"))
    assert MARK.encode() not in received
    if received:
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body) == {"detail": "not an HTTP request"}
        for name, value in HEADERS.items():
            assert f"\r\n{name}: {value}".encode() in head


def test_a_line_that_is_not_http_is_answered(server: Server) -> None:
    assert raw_reply(server, b"HELLO\r\n\r\n").startswith(b"HTTP/1.1 400 ")


UNHURRIED: Any = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "documents", "id", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, **UNHURRIED)
@given(JSON_VALUES)
def test_any_json_is_answered_or_refused(client: httpx.Client, value: Any) -> None:
    body = json.dumps(value).encode()
    reply = client.post("/v1/predict", content=body, headers=JSON)
    assert_safe(reply)
    is_valid = isinstance(value, dict) and (
        (set(value) == {"text"} and isinstance(value["text"], str)) or set(value) == {"documents"}
    )
    assert reply.status_code in ({200, 422} if is_valid else {422})


@settings(max_examples=80, **UNHURRIED)
@given(st.binary(max_size=200), st.sampled_from(["/v1/predict", "/v1/predict/file"]))
def test_any_bytes_are_refused(client: httpx.Client, body: bytes, path: str) -> None:
    kind = "application/json" if path == "/v1/predict" else "multipart/form-data; boundary=B"
    for content in (body, form(body)[:-7] + body):
        reply = client.post(path, content=content, headers={"content-type": kind})
        assert reply.status_code in {400, 413, 415, 422}
        assert_safe(reply)


def test_the_server_lives_serves_and_has_logged_no_text(server: Server) -> None:
    hidden = {"x-note": MARK, "authorization": f"Bearer {MARK}", "cookie": MARK}
    with server.client() as client:
        text = f"Toma litio. {MARK}."
        reply = client.post(f"/v1/predict?{MARK}", json={"text": text}, headers=hidden)
        assert json.loads(reply.text)["text"] == text
        assert_safe(reply)
        upload = {"file": (f"{MARK}.txt", text.encode())}
        reply = client.post("/v1/predict/file", files=upload)
        assert json.loads(reply.text)["id"] == MARK
        for path in ("/", "/health", "/ready", "/metrics", "/openapi.json", "/v1/model"):
            assert_safe(client.get(path))
        assert MARK not in client.get("/metrics").text
    log = server.log.read_text()
    assert "POST /v1/predict 200 bytes=" in log
    assert "DEBUG batch requests=" in log
    assert MARK not in log
    assert "litio" not in log
    assert "Traceback" not in log
    assert " ERROR " not in log


def test_the_server_asked_nobody_outside(server: Server) -> None:
    assert "OUTSIDE" not in server.log.read_text()
    assert "telemetry" not in server.log.read_text()


def test_an_upload_touches_no_disk(server: Server, client: httpx.Client) -> None:
    before = server.log.read_text().count("DISK")
    upload = {"file": (f"{MARK}.txt", MARK.encode() * 300_000)}
    assert_refused(client.post("/v1/predict/file", files=upload), 413)
    assert server.log.read_text().count("DISK") == before


def test_asking_and_writing_would_have_been_seen() -> None:
    code = LAUNCH + "import socket; socket.socket(socket.AF_INET, 2).connect(('127.0.0.1', 9))\n"
    code += "import tempfile; tempfile.TemporaryFile()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "OUTSIDE socket.connect" in result.stderr
    assert "DISK" in result.stderr
