"""The container, the unit and the page on deployment: linted, and their examples executed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from pharmaner.document import Document
from pharmaner.server.settings import Limits, load_settings
from tests.server.conftest import Server
from tests.server.test_predictions import packed

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
BEHIND_A_PROXY = {**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
"""Nobody listens there: what is sent to the proxy fails."""

LONGEST_STOP = 2 * Limits().read_seconds + Limits().answer_seconds


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    command = [hadolint, "--no-color", DEPLOY / "Dockerfile"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_image_runs_as_nobody_special_and_is_healthy_when_ready() -> None:
    parser = DockerfileParser(path=str(DEPLOY / "Dockerfile"))
    steps = [(step["instruction"], step["value"]) for step in parser.structure]
    final = steps[max(at for at, (name, _) in enumerate(steps) if name == "FROM") :]
    last = dict(final)
    assert last["USER"] == "10001:10001"
    assert "/ready" in last["HEALTHCHECK"]
    assert json.loads(last["ENTRYPOINT"])[:2] == ["pharmaner", "serve"]
    assert ("ARG", "EXTRAS=serve") in steps
    copied = [path for name, value in steps if name == "COPY" for path in value.split()[:-1]]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for path in copied:
        if not path.startswith(("--", "/")):
            assert (ROOT / path).exists()
            assert f"!{path}" in ignored


def test_the_health_check_asks_the_server(server: Server) -> None:
    parser = DockerfileParser(path=str(DEPLOY / "Dockerfile"))
    (value,) = [s["value"] for s in parser.structure if s["instruction"] == "HEALTHCHECK"]
    code = json.loads(value[value.index("[") :])[2]
    command = [sys.executable, "-c", code.replace("http://127.0.0.1:8000", server.url)]
    assert subprocess.run(command, env=BEHIND_A_PROXY).returncode == 0
    closed = [sys.executable, "-c", code.replace(":8000", ":9")]
    assert subprocess.run(closed, capture_output=True).returncode == 1


def service_of(file: str) -> dict[str, Any]:
    service: dict[str, Any]
    (service,) = yaml.safe_load((DEPLOY / file).read_text())["services"].values()
    return service


def test_compose_takes_every_right_away() -> None:
    service = service_of("compose.yaml")
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert int(service["stop_grace_period"].removesuffix("s")) > LONGEST_STOP
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    load_settings(DEPLOY / "serve.toml")


def test_a_model_of_ones_own_is_mounted_to_be_read_and_named_to_the_same_command() -> None:
    usual, own = service_of("compose.yaml"), service_of("compose.model.yaml")
    assert own["command"] == [*usual["command"], "--model", "/model"]
    assert [volume.rpartition(":/")[2] for volume in own["volumes"]] == ["model:ro"]
    assert own.keys() == {"command", "volumes"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_the_unit_is_valid(tmp_path: Path) -> None:
    content = (DEPLOY / "pharmaner.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", content, re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > LONGEST_STOP
    unit = tmp_path / "pharmaner.service"
    unit.write_text(content.replace("/opt/pharmaner/bin/pharmaner", sys.executable))
    command = ["systemd-analyze", "verify", unit]
    result = subprocess.run(command, capture_output=True, text=True)
    about_it = [line for line in result.stderr.splitlines() if "pharmaner" in line]
    assert (result.returncode, about_it) == (0, [])


def run_example(command: list[str], example: str, server: Server, folder: Path) -> str:
    asked = example.replace("http://127.0.0.1:8000", server.url)
    assert asked != example
    result = subprocess.run(
        [*command, asked], cwd=folder, capture_output=True, text=True, env=BEHIND_A_PROXY
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_the_curl_examples(server: Server, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Toma litio 🙂", encoding="utf-8")
    (tmp_path / "notes.zip").write_bytes(packed({"a.txt": "Toma sodio", "b.txt": ""}))
    (example,) = [block for block in blocks("sh") if "curl" in block]
    lines = run_example(["bash", "-ec"], example, server, tmp_path).splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [(record["id"], record["text"]) for record in records] == [
        ("text", "Se pautó enalapril 5 mg."),
        ("note", "Toma litio 🙂"),
        ("a", "Toma sodio"),
        ("b", ""),
    ]


def test_the_python_example(server: Server, tmp_path: Path) -> None:
    (example,) = blocks("python")
    lines = run_example([sys.executable, "-c"], example, server, tmp_path).splitlines()
    texts = {"n1": "Toma litio.", "n2": "Control de ferritina."}
    assert {line.split()[0] for line in lines} == set(texts)
    for line in lines:
        name, start, end, _, *words, score = line.split()
        assert Document(name, texts[name]).text[int(start) : int(end)] == " ".join(words)
        assert 0 < float(score) <= 1


def test_the_settings_example(tmp_path: Path) -> None:
    (example,) = blocks("toml")
    (tmp_path / "serve.toml").write_text(example)
    assert load_settings(tmp_path / "serve.toml").limits == Limits()
