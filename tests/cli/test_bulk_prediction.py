"""``predict`` over many documents: lazily, failures counted, interruptions without a trace."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from pharmaner.prediction import predictor
from pharmaner.report.prediction_folder import PredictionFolder
from tests.cli.conftest import Cli

KILLS = int(os.environ.get("PHARMANER_KILLS", "1"))
"""How often each format's run is killed before it may end."""

SMALL_CHUNKS = """
import sys
from pharmaner.prediction import predictor
predictor.PIECES_IN_FLIGHT = 200
from pharmaner.cli.main import run
run()
"""


class InterruptionError(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Forty notes of several lengths, two of which cannot be read."""
    folder = tmp_path / "notes"
    folder.mkdir()
    random = Random(0)
    drugs = ["litio", "sodio", "enalapril", "omeprazol"]
    for number in range(40):
        lines = [f"Toma {random.choice(drugs)} 5mg." for _ in range(random.randrange(12))]
        (folder / f"n{number:02}.txt").write_bytes("\r\n".join(lines).encode())
    for number in (7, 31):
        (folder / f"n{number:02}.txt").write_bytes(b"alb\xfamina")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "PIECES_IN_FLIGHT", 200)


@pytest.mark.parametrize("kind", ["brat", "jsonl", "html"])
def test_what_cannot_be_read_is_named_and_counted_and_all_else_is_written(
    cli: Cli, trained: Path, notes: Path, tmp_path: Path, kind: str
) -> None:
    output = tmp_path / "out"
    result = cli("predict", "--model", trained, notes, "--output", output, "--format", kind)
    assert result.code == 1
    errors = [line for line in result.err.splitlines() if line.startswith("error: ")]
    assert errors == [
        f"error: {notes}/n{number}.txt:1: byte 0xfa at position 3 is not UTF-8"
        for number in ("07", "31")
    ]
    assert result.err.splitlines()[-1] == "2 of 40 documents failed"
    good = [f"n{number:02}" for number in range(40) if number not in (7, 31)]
    written = content(output)
    if kind == "brat":
        assert set(written) == {f"{name}.{end}" for name in good for end in ("txt", "ann")}
        assert all(written[f"{n}.txt"] == (notes / f"{n}.txt").read_bytes() for n in good)
    else:
        (page,) = written.values()
        places = [page.decode().index(name) for name in good]
        assert places == sorted(places)
    assert not (tmp_path / "out.partial").exists()


def test_json_lines_on_standard_output_leave_failures_out(
    cli: Cli, trained: Path, notes: Path
) -> None:
    result = cli("predict", "--model", trained, notes)
    assert (result.code, len(result.out.splitlines())) == (1, 38)
    assert "backend: torch" in result.err.splitlines()


def test_mentions_under_the_lowest_score_are_left_out(cli: Cli, trained: Path, notes: Path) -> None:
    def mentions(*options: object) -> list[dict[str, object]]:
        lines = cli("predict", "--model", trained, notes, *options).out.splitlines()
        return [mention for line in lines for mention in json.loads(line)["mentions"]]

    every = mentions()
    scores = sorted({float(str(mention["score"])) for mention in every})
    middle = sum(scores[len(scores) // 2 - 1 : len(scores) // 2 + 1]) / 2
    kept = [m for m in every if m["score"] >= middle]  # type: ignore[operator]
    assert mentions("--min-score", middle) == kept
    assert 0 < len(kept) < len(every)


@pytest.mark.parametrize("kind", ["brat", "jsonl", "html"])
def test_wherever_a_run_ends_the_resumed_one_gives_the_undisturbed_output(
    cli: Cli,
    trained: Path,
    notes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """Ends one run before, in the middle of, and after the writing of every chunk in turn."""
    small_chunks(monkeypatch)
    command = ("predict", "--model", trained, notes, "--format", kind, "--output")
    assert cli(*command, tmp_path / "whole").code == 1
    whole_write = PredictionFolder._write
    written: list[int] = []

    def interrupted(self: PredictionFolder, chunk: list[object]) -> int:
        written.append(len(chunk))
        if len(written) % 3 == 1:
            raise InterruptionError
        if len(written) % 3 == 2:
            whole_write(self, chunk[: len(chunk) // 2 + 1])  # type: ignore[arg-type]
            raise InterruptionError
        return whole_write(self, chunk)  # type: ignore[arg-type]

    monkeypatch.setattr(PredictionFolder, "_write", interrupted)
    for _ in range(200):
        try:
            result = cli(*command, tmp_path / "cut", "--resume")
        except InterruptionError:
            assert not (tmp_path / "cut").exists()
            if kind == "html" and len(written) > 2:
                monkeypatch.setattr(PredictionFolder, "_write", whole_write)
        else:
            break
    assert result.code == 1
    assert result.err.splitlines()[-1] == "2 of 40 documents failed"
    assert len(written) > 3
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "notes", "whole"]


def test_a_run_that_ended_just_before_its_clean_up_is_finished(
    cli: Cli, trained: Path, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("predict", "--model", trained, notes, "--output")
    assert cli(*command, tmp_path / "whole").code == 1

    def interrupted(path: Path) -> None:
        raise InterruptionError

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", interrupted)
        with pytest.raises(InterruptionError):
            cli(*command, tmp_path / "cut")
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
    result = cli(*command, tmp_path / "cut", "--resume")
    assert (result.code, result.err.splitlines()[-1]) == (1, "2 of 40 documents failed")
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
    assert not (tmp_path / "cut.partial").exists()


@pytest.mark.parametrize("kind", ["brat", "jsonl"])
def test_a_killed_process_resumes_to_the_undisturbed_output(
    cli: Cli,
    trained: Path,
    notes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    small_chunks(monkeypatch)
    command = ["predict", "--model", str(trained), str(notes), "--format", kind, "--resume"]
    assert cli(*command, "--output", tmp_path / "whole").code == 1
    output, partial = tmp_path / "cut", tmp_path / "cut.partial"
    killed = [sys.executable, "-c", SMALL_CHUNKS, *command, "--output", str(output)]
    whole_size = sum(len(part) for part in content(tmp_path / "whole").values())
    for kill in range(1, KILLS + 1):
        process = subprocess.Popen(killed, stderr=subprocess.DEVNULL)
        goal = whole_size * kill // (KILLS + 1)
        while process.poll() is None and _size(partial) < goal:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    if not output.exists() or partial.exists():
        assert cli(*command, "--output", output).code == 1
    assert content(output) == content(tmp_path / "whole")
    assert not partial.exists()


def _size(partial: Path) -> int:
    """How many bytes of documents a run has written."""
    try:
        return sum(path.stat().st_size for path in (partial / "documents").iterdir())
    except OSError:
        return 0


def test_an_unfinished_run_is_neither_overwritten_nor_mixed_with_another(
    cli: Cli, trained: Path, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: PredictionFolder) -> None:
        raise InterruptionError

    command = ("predict", "--model", trained, notes, "--output", tmp_path / "out")
    with monkeypatch.context() as patched:
        patched.setattr(PredictionFolder, "finish", interrupted)
        with pytest.raises(InterruptionError):
            cli(*command)
    result = cli(*command)
    assert result.code == 2
    assert "an unfinished prediction is there; --resume goes on" in result.err
    (notes / "one-more.txt").write_text("Toma litio.")
    result = cli(*command, "--resume")
    assert result.code == 2
    assert (
        "was begun with other settings (texts (names, sizes, times, encoding) changed)"
        in result.err
    )
    assert not (tmp_path / "out").exists()


def test_resume_needs_an_output(cli: Cli, trained: Path) -> None:
    result = cli("predict", "--model", trained, "--resume", stdin=b"litio")
    assert result.code == 2
    assert result.err.splitlines()[-1].startswith("error: predict: --resume goes on with")


@pytest.mark.parametrize(("kind", "resumed"), [("jsonl", "goes on"), ("html", "begins anew")])
def test_an_interruption_says_what_resume_does(
    cli: Cli,
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    resumed: str,
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(PredictionFolder, "_write", interrupted)
    command = ("predict", "--model", trained, "--format", kind, "--output", tmp_path / "out")
    result = cli(*command, stdin=b"litio")
    last = f"interrupted; the same command with --resume {resumed} ({tmp_path / 'out.partial'})"
    assert (result.code, result.err.splitlines()[-1]) == (130, last)


def test_a_backend_that_the_folder_is_not_for_is_refused(cli: Cli, trained: Path) -> None:
    result = cli("predict", "--model", trained, "--backend", "onnx", stdin=b"litio")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1].startswith(f"error: {trained}: is not for onnx")
    assert cli("predict", "--model", trained, "--backend", "torch", stdin=b"litio").code == 0


def test_a_disk_that_refuses_is_one_line_and_keeps_what_is_done(
    cli: Cli, trained: Path, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_chunks(monkeypatch)
    folder = tmp_path / "out.partial" / "documents"
    command = ("predict", "--model", trained, notes, "--output", tmp_path / "out", "--resume")
    assert cli("predict", "--model", trained, notes, "--output", tmp_path / "whole").code == 1

    def interrupted(*_: object) -> int:
        raise InterruptionError

    with monkeypatch.context() as patch:
        patch.setattr(PredictionFolder, "_write", interrupted)
        with pytest.raises(InterruptionError):
            cli(*command)
    (folder / "n20.ann").mkdir()
    result = cli(*command)
    assert result.code == 2
    assert result.err.splitlines()[-1] == (
        f"error: {folder.parent}: cannot be written: Is a directory"
    )
    (folder / "n20.ann").rmdir()
    assert cli(*command).code == 1
    assert content(tmp_path / "out").keys() == content(tmp_path / "whole").keys()
