"""The settings file, API keys, and the command's own refusals."""

import hashlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pharmaner.errors import RecipeError
from pharmaner.server.run import listen
from pharmaner.server.security import Keys, new_key
from pharmaner.server.settings import Limits, load_settings
from tests.cli.conftest import Cli, cli

__all__ = ["cli"]


def test_a_new_key_is_accepted_by_its_hash_alone() -> None:
    key, digest = new_key()
    assert digest == "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    keys = Keys([new_key()[1], digest, new_key()[1]])
    assert keys.accept(b"Bearer " + key.encode())
    assert keys.accept(b"bearer  " + key.encode())
    for wrong in (b"", b"Bearer", b"Bearer ", key.encode(), b"Basic " + key.encode()):
        assert not keys.accept(wrong)
    assert not keys.accept(b"Bearer " + key[:-1].encode())
    assert not keys.accept(b"Bearer " + digest.encode())
    assert not keys.accept(b"Bearer \xff")


def test_without_keys_everybody_is_accepted() -> None:
    assert Keys([]).accept(b"")


def test_settings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "serve.toml"
    digest = new_key()[1]
    file.write_text(f'[limits]\nqueue_requests = 7\n[keys]\n"sala 3" = "{digest}"\n')
    settings = load_settings(file)
    assert settings.limits == Limits(queue_requests=7)
    assert settings.keys == {"sala 3": digest}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[limits]\nbody = 1\n", "limits.body: unknown key; body_bytes, "),
        ("[limits]\nbody_bytes = 0\n", "limits.body_bytes: found 0; "),
        ('[keys]\nward = "secret"\n', "keys.ward: "),
        ("[limits", "not TOML: "),
    ],
)
def test_wrong_settings_are_one_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(content)
    with pytest.raises(RecipeError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert "\n" not in str(caught.value)


def test_the_command_refuses_in_one_line(cli: Cli, trained: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        results = [
            cli("serve", "--model", missing),
            cli("serve", "--model", trained, "--config", missing),
            cli("serve", "--model", trained, "--port", port),
            cli("serve", "--model", trained, "--host", "no.such.host.invalid"),
        ]
    assert [(result.code, result.out) for result in results] == [(2, "")] * 4
    assert [len(result.err.splitlines()) for result in results] == [1] * 4
    assert results[2].err.startswith(f"error: 127.0.0.1:{port}: cannot be listened on: ")


def test_the_command_makes_a_key_and_its_line(cli: Cli, tmp_path: Path) -> None:
    result = cli("serve", "--new-key")
    file = tmp_path / "serve.toml"
    file.write_text(f"[keys]\n{result.out}")
    key = result.err.splitlines()[0].rpartition(" ")[2]
    keys = Keys(load_settings(file).keys.values())
    assert keys.accept(f"Bearer {key}".encode())
    assert not keys.accept(b"Bearer other")
    assert key not in result.out


def test_without_the_extra_the_command_says_how_to_get_it() -> None:
    code = """
import sys
sys.modules["fastapi"] = None
from pharmaner.cli.main import run
sys.argv = ["pharmaner", "serve"]
run()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.endswith("`pip install 'pharmaner[serve]'` brings them\n")


def test_serving_loads_no_torch_by_itself() -> None:
    code = "import sys, pharmaner.server.run; assert not {'torch', 'transformers'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("value", ['"pharmaner-SECRET"', "12345678", '["pharmaner-SECRET"]'])
def test_what_stands_in_a_hashs_place_is_never_repeated(tmp_path: Path, value: str) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(f"[keys]\nclient = {value}\n")
    with pytest.raises(RecipeError) as caught:
        load_settings(file)
    message = str(caught.value)
    assert message.endswith(
        "keys.client: is not sha256: and 64 hexadecimal digits, as --new-key makes them"
    )
    assert "SECRET" not in message
    assert "12345678" not in message


def test_a_port_that_is_none_is_refused(cli: Cli, trained: Path) -> None:
    result = cli("serve", "--model", trained, "--port", "70000")
    assert result.code == 2
    assert "65535" in result.err


def test_connections_send_at_once_what_is_written() -> None:
    """Else the end of every reply waits for the client to acknowledge its beginning."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
