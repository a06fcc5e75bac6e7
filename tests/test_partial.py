import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pharmaner.errors import OutputError
from pharmaner.partial import LOCK, begin_or_resume


def test_an_unfinished_run_is_taken_up_only_on_demand_and_with_its_settings(tmp_path: Path) -> None:
    output = tmp_path / "out"
    settings = {"model": "m", "inner": {"size": 1}}
    partial = begin_or_resume(output, resume=False, begun_with=settings, run="prediction")
    assert partial == tmp_path / "out.partial"
    assert json.loads((partial / "prediction.json").read_text()) == settings
    with pytest.raises(OutputError, match="an unfinished prediction is there; --resume goes on"):
        begin_or_resume(output, resume=False, begun_with=settings, run="prediction")
    again = begin_or_resume(output, resume=True, begun_with=settings, run="prediction")
    assert again == partial
    other = {"model": "m", "inner": {"size": 2}}
    with pytest.raises(OutputError, match=r"other settings \(inner\.size was 1, is 2\)"):
        begin_or_resume(output, resume=True, begun_with=other, run="prediction")


def test_a_folder_of_that_name_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "out.partial"
    begin_or_resume(tmp_path / "out", resume=False, begun_with={}, run="prediction")
    (other / "documents").mkdir()
    for resume in (False, True):
        with pytest.raises(OutputError, match=r"is no unfinished training: it holds documents;"):
            begin_or_resume(tmp_path / "out", resume=resume, begun_with={})
    assert sorted(path.name for path in other.iterdir()) == [LOCK, "documents", "prediction.json"]


def test_a_run_that_died_before_its_settings_were_written_is_no_obstacle(tmp_path: Path) -> None:
    partial = tmp_path / "out.partial"
    partial.mkdir()
    (partial / LOCK).touch()
    (partial / ".training.json.abcd").touch()
    assert begin_or_resume(tmp_path / "out", resume=False, begun_with={}) == partial


HOLDING = """
import sys, time
from pathlib import Path
from pharmaner.partial import begin_or_resume
begin_or_resume(Path(sys.argv[1]), False, {})
print("held", flush=True)
time.sleep(60)
"""


def test_two_processes_are_never_at_work_on_one_run(tmp_path: Path) -> None:
    output = tmp_path / "out"
    other = subprocess.Popen([sys.executable, "-c", HOLDING, output], stdout=subprocess.PIPE)
    assert other.stdout
    assert other.stdout.readline() == b"held\n"
    try:
        for resume in (False, True):
            with pytest.raises(OutputError, match="another process is at work on it"):
                begin_or_resume(output, resume=resume, begun_with={})
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    assert begin_or_resume(output, resume=True, begun_with={}).is_dir()


def test_a_run_that_is_begun_anew_is_held_again(tmp_path: Path) -> None:
    output = tmp_path / "out"
    shutil.rmtree(begin_or_resume(output, resume=False, begun_with={}))
    begin_or_resume(output, resume=False, begun_with={})
    command = [sys.executable, "-c", HOLDING, output]
    other = subprocess.run(command, capture_output=True, text=True)
    assert "another process is at work on it" in other.stderr
