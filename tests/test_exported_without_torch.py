"""An exported folder needs neither torch nor transformers; nor does a tagger in the package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pharmaner
from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document
from pharmaner.model_folder import shipped_folder
from pharmaner.tagger import Tagger
from tests.test_core_without_torch import BLOCKED

TELLING = """
import atexit, sys
heavy = {"torch", "transformers", "onnx", "huggingface_hub", "jinja2", "rich", "numpy"}
atexit.register(lambda: print("loaded:", *sorted(heavy & set(sys.modules)), file=sys.stderr))
from pharmaner.cli.main import run
run()
"""


@pytest.fixture
def gold(small_corpus: list[Document], tmp_path: Path) -> Path:
    write_folder(small_corpus, tmp_path / "gold")
    return tmp_path / "gold"


@pytest.fixture
def site(exported: Path, tmp_path: Path) -> Path:
    """A folder for PYTHONPATH: the package with the exported folder as its tagger."""
    return package_with(exported, tmp_path / "site")


def package_with(tagger: Path | None, site: Path) -> Path:
    package = site / "pharmaner"
    package.mkdir(parents=True)
    for path in Path(pharmaner.__file__).parent.iterdir():
        if path.name != "shipped":
            (package / path.name).symlink_to(path)
    if tagger:
        (package / "shipped").symlink_to(tagger)
    return site


def call(
    code: str, *arguments: object, site: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = dict(os.environ)
    if site:
        environment |= {"PYTHONPATH": str(site), "XDG_CACHE_HOME": str(site / "cache")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, input=stdin, env=environment
    )


def test_it_predicts_and_scores_as_with_torch(
    exported: Path, trained: Path, gold: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    result = call(BLOCKED, "predict", gold, "--model", exported)
    assert result.returncode == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    expected = [p.document for p in Tagger.load(trained).predict_documents(small_corpus)]
    places = [[(m["start"], m["end"], m["label"]) for m in line["mentions"]] for line in found]
    assert places == [[(m.start, m.end, m.label) for m in d.mentions] for d in expected]
    result = call(BLOCKED, "evaluate", gold, "--model", exported, "--json")
    assert json.loads(result.stdout)["f1"] == 1.0
    assert call(BLOCKED, "errors", gold, "--model", exported, "--json").returncode == 0
    report = call(BLOCKED, "report", exported, "--dev", gold, "--output", tmp_path / "report")
    assert report.returncode == 0, report.stderr
    assert (tmp_path / "report" / "report.html").is_file()


def test_predicting_with_it_loads_nothing_that_is_not_needed(exported: Path) -> None:
    result = call(TELLING, "predict", "--model", exported, stdin="Toma litio.")
    assert json.loads(result.stdout)["mentions"]
    assert result.stderr == "backend: onnx\nloaded: numpy\n"


def test_help_loads_nothing_heavy() -> None:
    result = call(TELLING, "--help")
    assert "predict" in result.stdout
    assert result.stderr == "loaded:\n"


def test_the_tagger_in_the_package_serves_where_none_is_named(site: Path, gold: Path) -> None:
    result = call(BLOCKED, "predict", site=site, stdin="Toma litio.")
    assert [m["label"] for m in json.loads(result.stdout)["mentions"]] == ["DRUG"]
    result = call(BLOCKED, "evaluate", gold, "--json", site=site)
    assert json.loads(result.stdout)["f1"] == 1.0
    code = "from pharmaner import Tagger; print(Tagger.load().predict('Toma litio.').mentions)"
    assert "DRUG" in call(code, site=site).stdout


def test_a_package_without_a_tagger_says_what_is_accepted(gold: Path, tmp_path: Path) -> None:
    site = package_with(None, tmp_path / "site")
    code = "from pharmaner import Tagger; Tagger.load()"
    for result, line in (
        (call(BLOCKED, "predict", site=site), "predict: --model DIR is needed, a folder that"),
        (call(BLOCKED, "evaluate", gold, site=site), "evaluate: one of PREDICTED and --model DIR"),
        (
            call(code, site=site),
            "ModelFolderError: no model folder is named and this version ships",
        ),
    ):
        assert result.returncode != 0
        assert line in result.stderr.splitlines()[-1]


def test_training_may_start_from_the_tagger_in_the_package(site: Path) -> None:
    code = "from pharmaner.encoders.source import find_encoder; print(find_encoder('shipped'))"
    result = call(code, site=site)
    assert "SourceKind.PACKAGE" in result.stdout, result.stderr
    (weights,) = (site / "cache" / "pharmaner" / "encoders").glob("shipped-*/model.safetensors")
    assert weights.with_name("tokenizer.json").is_file()


def test_a_package_ships_a_folder_or_none(tmp_path: Path) -> None:
    assert shipped_folder(tmp_path) is None
    (tmp_path / "shipped").mkdir()
    assert shipped_folder(tmp_path) == tmp_path / "shipped"
