"""Two recipes x two seeds on a tiny encoder, through the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.corpora.formats.reading import read_predictions
from pharmaner.document import Document, Mention
from pharmaner.recipe import Recipe, parse_recipe
from pharmaner.scoring.strict import Counts, Score, Scorer, score
from tests.cli.conftest import Cli
from tests.report.test_comparison import comparable

SYSTEMS = ("bold", "careful")
SEEDS = (0, 1)
RATIOS = ("precision", "recall", "f1")


def command(output: str, *more: str) -> list[str]:
    words = ["compare", "--train", "train", "--dev", "dev", "--output", output]
    return [
        *words,
        "--recipe",
        "bold.toml",
        "--recipe",
        "careful.toml",
        *(more or ("--seeds", "2")),
    ]


def process(arguments: list[str]) -> list[str]:
    return [sys.executable, "-c", "from pharmaner.cli.main import run; run()", *arguments]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, small_corpus: list[Document], tiny_recipe: Recipe
) -> Path:
    """A folder with corpora and recipes, and a finished comparison in ``whole``."""
    place = tmp_path_factory.mktemp("compare")
    unheard = Document("other", "Toma cinc y litio con mioglobina baja.")
    mentions = [Mention.at(5, 9, "DRUG"), Mention.at(12, 17, "DRUG"), Mention.at(22, 32, "PROTEIN")]
    write_folder(small_corpus, place / "train")
    write_folder([*small_corpus[:4], unheard.with_mentions(mentions)], place / "dev")
    for name, keep, epochs, rate in (("bold", "last", 6, 2e-3), ("careful", "best", 12, 5e-4)):
        rates = {"learning_rate": rate, "head_learning_rate": rate}
        changes = {"keep": keep, "epochs": epochs, **rates}
        training = tiny_recipe.training.model_copy(update=changes)
        recipe = tiny_recipe.model_copy(update={"training": training})
        (place / f"{name}.toml").write_text(recipe.as_toml())
    subprocess.run(process(command("whole")), cwd=place, check=True, capture_output=True)
    return place


def content_of(output: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((output / "comparison.json").read_text())
    return content


def scores_of(place: Path, output: str = "whole") -> dict[str, list[Score]]:
    gold = read_folder(place / "dev").documents
    runs = place / output / "runs"
    return {
        name: [
            score(
                gold,
                read_predictions(runs / name / str(seed) / "predictions.jsonl", gold).documents,
                Scorer.PUBLIC,
            )
            for seed in SEEDS
        ]
        for name in SYSTEMS
    }


def test_the_tables_are_those_of_the_predictions_that_were_written(place: Path) -> None:
    content = content_of(place / "whole")
    expected = scores_of(place)
    assert [system["name"] for system in content["systems"]] == list(SYSTEMS)
    for system in content["systems"]:
        scores = expected[system["name"]]
        assert [run["score"] for run in system["runs"]] == [s.as_json() for s in scores]
        tables = {label: [s.by_type[label] for s in scores] for label in ("DRUG", "PROTEIN")}
        assert set(system["by_type"]) == set(tables)
        pairs = [(system["micro"], [s.micro for s in scores])]
        pairs += [(system["by_type"][label], counts) for label, counts in tables.items()]
        for found, counts in pairs:
            for name in RATIOS:
                values = [getattr(c, name) for c in counts]
                assert found[name]["mean"] == pytest.approx(mean(values))
                assert found[name]["sd"] == pytest.approx(stdev(values))
                assert found[name]["low"] <= found[name]["mean"] <= found[name]["high"]
    for scores in expected.values():
        assert len({s.micro for s in scores}) == len(SEEDS), "seeds that agree test no SD"


def test_intervals_and_p_are_those_of_a_slow_bootstrap(place: Path) -> None:
    content = content_of(place / "whole")
    gold = read_folder(place / "dev").documents
    by_document: dict[str, list[list[Counts]]] = {}
    for name in SYSTEMS:
        folders = [place / "whole" / "runs" / name / str(seed) for seed in SEEDS]
        files = [folder / "predictions.jsonl" for folder in folders]
        outputs = [read_predictions(file, gold).documents for file in files]
        by_document[name] = [
            [score([d], [p], Scorer.PUBLIC).micro for d, p in zip(gold, output, strict=True)]
            for output in outputs
        ]
    random = np.random.default_rng(0)
    drawn = [random.multinomial(len(gold), [1 / len(gold)] * len(gold)) for _ in range(10_000)]

    def f1(name: str, weights: list[int]) -> float:
        runs = by_document[name]
        right = [sum(w * c.true_positives for w, c in zip(weights, r, strict=True)) for r in runs]
        wrong = [
            sum(
                w * (c.false_positives + c.false_negatives) for w, c in zip(weights, r, strict=True)
            )
            for r in runs
        ]
        return mean(2 * t / (2 * t + w) if t else 0.0 for t, w in zip(right, wrong, strict=True))

    values = {name: np.array([f1(name, w.tolist()) for w in drawn]) for name in SYSTEMS}
    for system in content["systems"]:
        found = system["micro"]["f1"]
        edges = np.percentile(values[system["name"]], [2.5, 97.5])
        assert [found["low"], found["high"]] == pytest.approx(list(edges))
    (pair,) = content["differences"]
    assert pair["systems"] == list(SYSTEMS)
    observed = f1("bold", [1] * len(gold)) - f1("careful", [1] * len(gold))
    starred = values["bold"] - values["careful"]
    extreme = int((abs(starred - observed) >= abs(observed) - 1e-9).sum())
    assert pair["f1"]["value"] == pytest.approx(observed)
    assert pair["f1"]["p_value"] == pair["f1"]["p_holm"] == pytest.approx((extreme + 1) / 10_001)
    edges = np.percentile(starred, [2.5, 97.5])
    assert [pair["f1"]["low"], pair["f1"]["high"]] == pytest.approx(list(edges))


def test_a_run_is_a_normal_training_and_leaves_no_weights(place: Path, tiny_bert: Path) -> None:
    from transformers import AutoModelForTokenClassification

    plain = AutoModelForTokenClassification.from_pretrained(tiny_bert, num_labels=5)
    expected = scores_of(place)
    for system in content_of(place / "whole")["systems"]:
        assert system["parameters"] == plain.num_parameters()
        for run, scored in zip(system["runs"], expected[system["name"]], strict=True):
            folder = place / "whole" / "runs" / system["name"] / str(run["seed"])
            manifest = json.loads((folder / "manifest.json").read_text())
            recipe = parse_recipe((folder / "recipe.toml").read_text(), "recipe")
            log = [json.loads(x) for x in (folder / "run-log.jsonl").read_text().splitlines()]
            assert recipe.training.seed == run["seed"]
            assert manifest["metrics"]["dev"]["f1"] == scored.micro.f1
            assert log[run["kept_epoch"] - 1]["dev"]["f1"] == scored.micro.f1
            assert run["epochs"] == len(log) == recipe.training.epochs
            if system["keep"] == "best":
                assert scored.micro.f1 == max(record["dev"]["f1"] for record in log)
            else:
                assert run["kept_epoch"] == len(log)
            assert run["seconds"] == pytest.approx(sum(record["seconds"] for record in log))
            names = {"predictions.jsonl", "recipe.toml", "run-log.jsonl", "manifest.json"}
            assert {path.name for path in folder.iterdir()} == names
    assert not list((place / "whole").rglob("*.safetensors"))


def test_the_report_names_no_folder_above_those_given(place: Path, tiny_bert: Path) -> None:
    content = content_of(place / "whole")
    assert content["command"] == (
        "pharmaner compare --train train --dev dev --output whole --on-mismatch realign "
        "--recipe bold --recipe careful --seed 0 --seed 1"
    )
    for name in ("comparison.json", "comparison.md", "comparison.html"):
        text = (place / "whole" / name).read_text()
        assert not [part for part in (str(place), str(tiny_bert.parent)) if part in text]
        assert "torch 2" in text or '"torch": "2' in text
    shown = "careful: each run keeps the epoch with the best F1 on these same dev documents"
    assert shown in (place / "whole" / "comparison.md").read_text()
    assert shown in (place / "whole" / "comparison.html").read_text()


def test_the_same_command_again_trains_nothing(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    before = content_of(place / "whole")
    folders = [path for path in (place / "whole" / "runs").rglob("*") if path.is_dir()]
    stamps = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in folders]
    (place / "whole" / "comparison.json").unlink()
    result = cli(*command("whole"))
    assert result.code == 0
    assert result.err.count("finished before") == 4
    assert content_of(place / "whole") == before
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in folders] == stamps


def test_a_killed_comparison_goes_on_to_the_same_result(place: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        process(command("cut")), cwd=place, env=environment, stderr=subprocess.DEVNULL
    )
    runs = place / "cut" / "runs"
    log = runs / "careful" / "0.model.partial" / "run-log.jsonl"
    while running.poll() is None and not (log.is_file() and len(log.read_text().splitlines()) >= 2):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert (runs / "bold" / "0").is_dir()
    assert not (runs / "careful" / "0").exists()
    assert not (place / "cut" / "comparison.json").exists()
    first = (runs / "bold" / "0").stat().st_ino
    again = subprocess.run(
        process(command("cut")), cwd=place, env=environment, check=True, capture_output=True
    )
    assert b"going on after step" in again.stderr
    assert again.stderr.count(b"finished before") == 1
    assert (runs / "bold" / "0").stat().st_ino == first
    assert comparable(content_of(place / "cut")) == comparable(content_of(place / "whole"))
    for name in SYSTEMS:
        for seed in SEEDS:
            file = Path(name) / str(seed) / "predictions.jsonl"
            assert (runs / file).read_bytes() == (place / "whole" / "runs" / file).read_bytes()
    assert not list((place / "cut").rglob("*.safetensors"))
    assert not list((place / "cut").rglob("*.partial"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "3"], "whole: was begun with other settings (seeds was [0, 1], is [0, 1, 2])"),
        (
            ["--seeds", "2", "--set", "training.epochs=9"],
            "whole: was begun with other settings (recipes.bold.training.epochs was 6, is 9)",
        ),
        (
            ["--seeds", "2", "--recipe", "third.toml"],
            "whole: was begun with other settings (systems was ['bold', 'careful'], "
            "is ['bold', 'careful', 'third'])",
        ),
        (["--seeds", "2", "--seed", "4"], "compare: one of --seeds N and --seed is accepted"),
        (
            ["--seed", "4", "--seed", "4"],
            "compare: --seed [4, 4]; distinct seeds from 0 to 2**32 - 1 are accepted",
        ),
        (["--set", "training.seed=3"], "compare: --set training.seed; --seed is accepted"),
        (["--set", "encoder.name=x"], "compare: --set encoder.name; --encoder is accepted"),
        (
            ["--recipe", "folder/bold.toml"],
            "compare: two systems are named bold; rename a file or folder",
        ),
    ],
)
def test_other_settings_are_refused_in_one_line(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(place)
    Path("folder").mkdir(exist_ok=True)
    shutil.copy("bold.toml", "folder/bold.toml")
    shutil.copy("bold.toml", "third.toml")
    result = cli(*command("whole", *options))
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == f"error: {message}"


def test_other_documents_are_refused(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    result = cli(*command("whole", "--seeds", "2", "--dev", "train"))
    assert result.code == 2
    assert "whole: was begun with other settings (dev changed)" in result.err.splitlines()[-1]


def test_what_any_system_cannot_do_is_refused_before_the_first_training(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    content = Path("bold.toml").read_text()
    Path("long.toml").write_text(content.replace("window = 32", "window = 257"))
    result = cli(*command("never", "--recipe", "long.toml"))
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == (
        "error: text.window: 257 pieces; the encoder has 256 positions, up to that many are "
        "accepted"
    )
    Path("drugs.toml").write_text(content.replace('"UNCLEAR"', '"PROTEIN"'))
    result = cli(*command("never", "--recipe", "drugs.toml"))
    assert "bold and drugs are to find differing mentions in the dev corpus" in result.err
    assert not Path("never").exists()
    assert cli(*command("dev")).err.splitlines()[-1] == (
        "error: dev: the output folder is not empty; name a new one"
    )


def test_one_encoder_with_one_seed_has_neither_sd_nor_pairs(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tiny_bert: Path
) -> None:
    monkeypatch.chdir(place)
    options = ["--set", "training.epochs=1", "--set", "text.window=32", "--set", "text.context=4"]
    arguments = ["compare", "--train", "train", "--dev", "dev", "--output", "one", "--seed", "7"]
    result = cli(*arguments, "--encoder", tiny_bert, *options)
    content = content_of(Path("one"))
    assert result.code == 0
    assert content["differences"] == []
    (system,) = content["systems"]
    assert (system["name"], system["recipe"]) == (tiny_bert.name, "default")
    assert system["micro"]["f1"]["sd"] is None
    assert f"--encoder {tiny_bert.name} --recipe default --seed 7" in content["command"]
    assert "±" not in (Path("one") / "comparison.md").read_text()


def test_a_run_that_diverges_is_named_and_the_others_are_reported(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    content = Path("bold.toml").read_text().replace("epochs = 6", "epochs = 1")
    Path("short.toml").write_text(content)
    Path("wild.toml").write_text(content.replace("rate = 0.002", "rate = 1e30"))
    arguments = ["compare", "--train", "train", "--dev", "dev", "--output", "some", "--seeds", "2"]
    arguments += ["--recipe", "wild.toml", "--recipe", "short.toml"]
    for _ in range(2):
        result = cli(*arguments)
        assert result.code == 2
        start = "error: some: 2 of 4 runs failed and count for nothing; the first: wild, seed 0: st"
        assert result.err.splitlines()[-1].startswith(start)
    assert result.err.count("finished before") == 2
    assert result.err.count("(remove some/runs/wild/") == 2
    found = content_of(Path("some"))
    assert [system["name"] for system in found["systems"]] == ["short"]
    assert [run["seed"] for run in found["systems"][0]["runs"]] == found["seeds"] == [0, 1]
    assert [(run["system"], run["seed"]) for run in found["failed"]] == [("wild", 0), ("wild", 1)]
    for name in ("comparison.md", "comparison.html"):
        shown = (Path("some") / name).read_text()
        assert "wild, seed 1: failed and counts for nothing: step " in shown
    arguments[-1] = "wild.toml"
    alone = cli(*arguments[:5], "--output", "none", "--seeds", "1", *arguments[-2:])
    assert alone.code == 2
    assert "error: none: every run failed; the first: step " in alone.err


def test_a_damaged_run_is_refused(place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    shutil.copytree("whole", "damaged")
    run = Path("damaged") / "runs" / "bold" / "0"
    lines = (run / "predictions.jsonl").read_text().splitlines(keepends=True)
    (run / "predictions.jsonl").write_text("".join(lines[1:]))
    assert "0: predictions are missing; remove it" in cli(*command("damaged")).err
    (run / "manifest.json").write_text("{")
    assert "0: is damaged; remove it to train again" in cli(*command("damaged")).err
    (run / "predictions.jsonl").unlink()
    assert "0: is damaged; remove it to train again" in cli(*command("damaged")).err
