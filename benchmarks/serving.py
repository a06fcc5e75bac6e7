"""A server of the working tree on the loopback, for the scripts that measure it."""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from subprocess import STDOUT, Popen
from sys import executable


@contextmanager
def served(model: Path, settings: str = "", level: str = "info") -> Iterator[tuple[int, Path]]:
    """A server on a free port, ready; yields the port and the file of its whole output."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        config, log = Path(folder) / "serve.toml", Path(folder) / "log"
        config.write_text(settings)
        output = stack.enter_context(log.open("wb"))
        command = [executable, "-m", "pharmaner", "serve", "--model", model, "--port", 0]
        options = ["--config", config, "--log-level", level]
        process = Popen([*map(str, [*command, *options])], stdout=output, stderr=STDOUT)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        while not (found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())):
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.1)
        port = int(found[1])
        while get(port, "/ready")[0] != 200:
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.2)
        yield port, log


def get(port: int, path: str) -> tuple[int, str]:
    """The status and the body that a path of the server answers with."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    reply = connection.getresponse()
    status, body = reply.status, reply.read().decode()
    connection.close()
    return status, body
