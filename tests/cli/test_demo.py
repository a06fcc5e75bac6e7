from pathlib import Path

import pytest

from pharmaner.cli import demo
from tests.cli.conftest import Cli

FILES = {"model/manifest.json", "brat/note.txt", "brat/note.ann", "note.html"}


@pytest.fixture
def _tiny_encoder(monkeypatch: pytest.MonkeyPatch, tiny_bert: Path) -> None:
    monkeypatch.setattr(demo, "DEMO_ENCODER", str(tiny_bert))


@pytest.mark.usefixtures("_tiny_encoder")
def test_the_demo_fails_when_its_tagger_is_worse_than_the_floor(cli: Cli, tmp_path: Path) -> None:
    result = cli("demo", "--output", tmp_path / "out")
    assert result.code == 1
    assert "is under the floor of" in result.err
    assert {name for name in FILES if (tmp_path / "out" / name).is_file()} == FILES
