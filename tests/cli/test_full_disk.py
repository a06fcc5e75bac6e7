"""A disk that fills up: the system refuses bytes past a limit, as it does at a full disk."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document
from tests.cli.conftest import Cli


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file can grow beyond so many bytes; Python turns the signal into an error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def last_line(text: str) -> str:
    return text.splitlines()[-1]


@pytest.mark.parametrize("size", [200, 60_000])
def test_training_ends_in_one_line_and_goes_on_when_there_is_room(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
    size: int,
) -> None:
    write_folder(small_corpus, tmp_path / "corpus")
    corpora = ["--train", tmp_path / "corpus", "--dev", tmp_path / "corpus"]
    command = ["train", *corpora, "--encoder", tiny_bert, *tiny_settings]
    command += ["--output", tmp_path / "model"]
    with files_up_to(size):
        result = cli(*command)
    assert result.code == 2, result.err
    assert "cannot be written" in last_line(result.err)
    assert "File too large" in last_line(result.err)
    assert not (tmp_path / "model").exists()
    assert cli(*command, "--resume").code == 0
    assert cli("predict", "--model", tmp_path / "model", tmp_path / "corpus").code == 0


def test_a_trial_that_met_a_full_disk_is_trained_when_there_is_room(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
) -> None:
    write_folder(small_corpus, tmp_path / "corpus")
    (tmp_path / "space.toml").write_text('[parameters]\n"training.seed" = { values = [1, 2] }\n')
    command = ["tune", "--train", tmp_path / "corpus", "--dev", tmp_path / "corpus"]
    command += ["--encoder", tiny_bert, *tiny_settings, "--space", tmp_path / "space.toml"]
    command += ["--output", tmp_path / "study"]
    with files_up_to(60_000):
        result = cli(*command)
    assert result.code == 2, result.err
    assert "cannot be written" in last_line(result.err)
    assert "File too large" in last_line(result.err)
    again = cli(*command)
    assert again.code == 0, again.err
    trials = json.loads((tmp_path / "study" / "trials.json").read_text())
    assert [trial["state"] for trial in trials] == ["finished", "finished"]


@pytest.mark.parametrize("form", ["brat", "jsonl", "html"])
def test_predictions_are_whole_or_absent_and_go_on_when_there_is_room(
    cli: Cli, trained: Path, tmp_path: Path, form: str
) -> None:
    (tmp_path / "note.txt").write_text("Toma litio. " * 1000)
    command = ["predict", "--model", trained, tmp_path / "note.txt", "--format", form]
    with files_up_to(5000):
        result = cli(*command, "--output", tmp_path / "out")
    assert result.code == 2, result.err
    (line,) = (line for line in result.err.splitlines() if line.startswith("error: "))
    assert line.startswith(f"error: {tmp_path / 'out'}")
    assert line.endswith(": cannot be written: File too large")
    assert not (tmp_path / "out").exists()
    assert cli(*command, "--output", tmp_path / "out", "--resume").code == 0
    assert cli(*command, "--output", tmp_path / "whole").code == 0
    resumed, whole = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("out", "whole")
    )
    assert resumed == whole
    assert not (tmp_path / "out.partial").exists()
