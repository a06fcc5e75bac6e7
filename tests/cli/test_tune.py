"""``pharmaner tune``: what it prints, writes and refuses."""

import json
import subprocess
import sys
from pathlib import Path

from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document
from tests.cli.conftest import Cli

SPACE = '[parameters]\n"training.seed" = { values = [1, 2] }\n'
WITHOUT_OPTUNA = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "optuna":
            raise ImportError(f"{name} is not installed")
sys.meta_path.insert(0, Blocker())
from pharmaner.cli.main import run
run()
"""


def arguments(small_corpus: list[Document], folder: Path, encoder: Path) -> list[object]:
    write_folder(small_corpus, folder / "corpus")
    (folder / "space.toml").write_text(SPACE)
    corpora = ["--train", folder / "corpus", "--dev", folder / "corpus"]
    return ["tune", *corpora, "--encoder", encoder, "--space", folder / "space.toml"]


def test_tune_prints_a_table_and_writes_the_best_recipe_and_a_page(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
) -> None:
    study = tmp_path / "study"
    command = [*arguments(small_corpus, tmp_path, tiny_bert), *tiny_settings, "--output", study]
    result = cli(*command)
    assert result.code == 0, result.err
    trials = json.loads((study / "trials.json").read_text())
    best = max(trials, key=lambda trial: trial["f1"])
    assert f"best: trial {best['number']}, {study / 'best.toml'}" in result.err
    for trial in trials:
        assert f"{100 * trial['f1']:.2f}" in result.out
        assert f"trial {trial['number']} of 2: training.seed=" in result.err
    for name in ("trials.md", "trials.html"):
        assert "training.seed" in (study / name).read_text()
    assert f"seed = {best['parameters']['training.seed']}\n" in (study / "best.toml").read_text()
    again = cli(*command)
    assert (again.code, again.out) == (0, result.out)
    assert " of 2: " not in again.err
    other = cli(*command, "--seed", 9)
    assert (other.code, other.out) == (2, "")
    assert other.err.splitlines()[-1] == (
        f"error: {study}: was begun with other settings (recipe.training.seed was 0, is 9)"
    )


def test_a_space_that_there_is_not(
    cli: Cli, small_corpus: list[Document], tiny_bert: Path, tmp_path: Path
) -> None:
    command = arguments(small_corpus, tmp_path, tiny_bert)
    result = cli(*command, "--space", "papr", "--output", tmp_path / "study")
    assert result.code == 2
    assert result.err.splitlines()[-1] == (
        "error: papr: no such search space; a TOML file or one of paper-36, wide, wider is accepted"
    )
    assert not (tmp_path / "study").exists()


def test_a_search_without_a_trained_trial_is_no_success(
    cli: Cli, small_corpus: list[Document], tiny_bert: Path, tmp_path: Path
) -> None:
    command = arguments(small_corpus, tmp_path, tiny_bert)
    diverging = ["--set", "training.learning_rate=1e30", "--set", "training.precision=fp32"]
    result = cli(*command, *diverging, "--output", tmp_path / "study")
    assert result.code == 2
    start = f"error: {tmp_path / 'study'}: no trial could be trained; the first: step "
    assert result.err.splitlines()[-1].startswith(start)


def test_without_optuna_one_line_says_what_to_install(
    small_corpus: list[Document], tiny_bert: Path, tmp_path: Path
) -> None:
    command = [*arguments(small_corpus, tmp_path, tiny_bert), "--output", tmp_path / "study"]
    run = [sys.executable, "-c", WITHOUT_OPTUNA, *map(str, command)]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        "error: tuning needs torch and optuna; `pip install 'pharmaner[train,tune]'` brings them"
    )
