import json
from pathlib import Path

import pytest

from pharmaner.errors import OutputError
from pharmaner.partial import begin_or_resume


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
