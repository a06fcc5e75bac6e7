"""Reports on the tiny model; the figures are computed again from its predictions."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.document import Document, Mention
from pharmaner.model_folder import MANIFEST
from pharmaner.scoring.significance import RATIOS, intervals, resample
from pharmaner.scoring.strict import Counts, Scorer, document_counts, score
from pharmaner.storage import sha256
from pharmaner.tagger import Tagger
from tests.cli.conftest import Cli
from tests.cli.test_bad_input import assert_refused

FILES = ["report.html", "report.json", "report.md"]


def unheard() -> Iterator[Document]:
    """Notes with names that the model has not seen, one of a type that it ignores."""
    yield Document(
        "a", "Toma cinc y litio.", (Mention.at(5, 9, "DRUG"), Mention.at(12, 17, "DRUG"))
    )
    yield Document("b", "Control de mioglobina e IL-6 baja.", (Mention.at(24, 28, "PROTEIN"),))
    yield Document("c", "Sodio alto, omeprazol 20mg.", (Mention.at(0, 5, "UNCLEAR"),))
    yield Document("d", "Sin tratamiento ni control.")


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, small_corpus: list[Document]) -> Path:
    folder = tmp_path_factory.mktemp("report") / "dev"
    write_folder([*small_corpus[:2], *unheard()], folder)
    return folder


def content_of(output: Path) -> dict[str, Any]:
    assert sorted(path.name for path in output.iterdir()) == FILES
    content: dict[str, Any] = json.loads((output / "report.json").read_text())
    return content


@pytest.fixture
def predicted(trained: Path, dev: Path) -> list[Document]:
    gold = read_folder(dev).documents
    return [p.document for p in Tagger.load(trained).predict_documents(gold)]


@pytest.fixture
def gold(dev: Path) -> list[Document]:
    """Without the mention that the model is not to find."""
    return [
        d.with_mentions(m for m in d.mentions if m.label != "UNCLEAR")
        for d in read_folder(dev).documents
    ]


def test_the_figures_are_those_of_the_predictions(
    cli: Cli,
    trained: Path,
    dev: Path,
    gold: list[Document],
    predicted: list[Document],
    tmp_path: Path,
) -> None:
    result = cli("report", trained, "--dev", dev, "--output", tmp_path / "out")
    assert (result.code, result.out) == (0, "")
    content = content_of(tmp_path / "out")
    found = content["dev"]
    expected = score(gold, predicted, Scorer.PUBLIC)
    assert 0 < expected.micro.f1 < 1
    assert found["score"] == json.loads(json.dumps(expected.as_json()))
    assert found["left_out"] == {"UNCLEAR": 1}
    assert found["in_training"] == []
    by_document = document_counts(gold, predicted, Scorer.PUBLIC)
    micro = intervals(resample([[sum(d.values(), Counts()) for d in by_document]]))
    assert found["intervals"]["micro"] == {name: asdict(micro[name]) for name in RATIOS}
    for label, ratios in found["intervals"]["by_type"].items():
        of_type = intervals(resample([[d.get(label, Counts()) for d in by_document]]))
        assert ratios == {name: asdict(of_type[name]) for name in RATIOS}
    assert set(found["intervals"]["by_type"]) == set(expected.by_type)
    scores = sorted({m.score or 0.0 for d in predicted for m in d.mentions})
    assert [point["threshold"] for point in found["thresholds"]] == scores
    for point in found["thresholds"]:
        threshold = point.pop("threshold")
        kept = [
            replace(d, mentions=tuple(m for m in d.mentions if (m.score or 0.0) >= threshold))
            for d in predicted
        ]
        assert point == score(gold, kept, Scorer.PUBLIC).micro.as_json()
    best = max(point["f1"] for point in found["thresholds"])
    assert found["best_threshold"]["f1"] == best


def test_calibration_is_that_of_the_predictions(
    cli: Cli,
    trained: Path,
    dev: Path,
    gold: list[Document],
    predicted: list[Document],
    tmp_path: Path,
) -> None:
    cli("report", trained, "--dev", dev, "--output", tmp_path / "out")
    found = content_of(tmp_path / "out")["dev"]["calibration"]
    wanted = {(d.id, m.label, m.spans) for d in gold for m in d.mentions}
    judged = [
        (m.score or 0.0, (d.id, m.label, m.spans) in wanted) for d in predicted for m in d.mentions
    ]
    error = 0.0
    for number, shown in enumerate(found["bins"]):
        inside = [(s, r) for s, r in judged if number / 10 < s <= (number + 1) / 10]
        assert shown["predictions"] == len(inside)
        assert shown["right"] == sum(right for _, right in inside)
        error += abs(sum(s for s, _ in inside) - shown["right"]) / len(judged)
    assert found["expected_error"] == pytest.approx(error)
    brier = sum((s - right) ** 2 for s, right in judged) / len(judged)
    assert found["brier"] == pytest.approx(brier)


def test_documents_that_the_temperature_was_fitted_on_are_known(
    cli: Cli, trained: Path, dev: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(trained, tmp_path / "model")
    cli("calibrate", model, "--on", dev)
    fitted = json.loads((model / "calibration.json").read_text())["temperature"]
    cli("report", model, "--dev", dev, "--output", tmp_path / "out")
    content = content_of(tmp_path / "out")
    assert content["dev"]["in_training"] == ["scores calibrated on"]
    assert content["temperature"] == fitted
    write_folder(list(read_folder(dev).documents)[1:], tmp_path / "others")
    cli("report", model, "--dev", tmp_path / "others", "--output", tmp_path / "out2")
    assert content_of(tmp_path / "out2")["dev"]["in_training"] == []


def test_without_a_corpus_the_training_alone_is_shown(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    result = cli("report", trained, "--output", tmp_path / "out")
    assert result.err.splitlines() == [f"report: {tmp_path / 'out/report.html'}, .md and .json"]
    content = content_of(tmp_path / "out")
    manifest = json.loads((trained / MANIFEST).read_text())
    log = [json.loads(line) for line in (trained / "run-log.jsonl").read_text().splitlines()]
    assert content["dev"] is None
    assert content["card"] == (trained / "README.md").read_text()
    kept = log[manifest["kept_epoch"] - 1]
    for name in ("true_positives", "false_negatives", *RATIOS):
        assert content["stored_dev"][name] == kept["dev"][name] == manifest["metrics"]["dev"][name]
    for shown, record in zip(content["epochs"], log, strict=True):
        for name in ("epoch", "loss", "seconds", "pieces_per_second"):
            assert shown[name] == record[name]
        assert shown["dev"]["f1"] == record["dev"]["f1"]


def test_the_corpus_of_the_training_is_recognised(
    cli: Cli, trained: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    """The tiny model's training and dev corpora are the same; its epoch was chosen on them."""
    write_folder(small_corpus, tmp_path / "seen")
    cli("report", trained, "--dev", tmp_path / "seen", "--output", tmp_path / "out")
    content = content_of(tmp_path / "out")
    assert content["dev"]["in_training"] == ["learned from", "epoch chosen on"]
    assert content["dev"]["score"] == content["stored_dev"] | {"missing": [], "unexpected": []}
    for name in ("report.md", "report.html"):
        shown = (tmp_path / "out" / name).read_text()
        assert "so the scores flatter" in shown
        assert "learned from these very documents" in shown


def vouched(model: Path) -> None:
    """Make the manifest vouch for whatever files there are."""
    manifest = json.loads((model / MANIFEST).read_text())
    manifest["files"] = {p.name: sha256(p) for p in model.iterdir() if p.name != MANIFEST}
    (model / MANIFEST).write_text(json.dumps(manifest))


def write_log(*lines: str) -> Callable[[Path], None]:
    return lambda model: (model / "run-log.jsonl").write_text("".join(f"{x}\n" for x in lines))


def without(name: str) -> Callable[[Path], None]:
    return lambda model: (model / name).unlink()


RECORD = '{"epoch": 1, "loss": 0.5, "seconds": 1.0, "pieces_per_second": 9}'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("run-log.jsonl"), "{model}: run-log.jsonl is missing"),
        (without("README.md"), "{model}: README.md is missing"),
        (
            write_log("{nonsense"),
            "{model}/run-log.jsonl:1: is not JSON; a record a line, as `train` writes them, is "
            "accepted",
        ),
        (
            write_log(RECORD, RECORD.replace("0.5", '"low"')),
            "{model}/run-log.jsonl:2: is not a record of an epoch; loss: input should be a valid "
            "number",
        ),
        (
            write_log("[]"),
            "{model}/run-log.jsonl:1: is not a record of an epoch",
        ),
        (
            write_log(),
            "{model}/run-log.jsonl: has no record of epoch {kept}, which manifest.json says is "
            "kept",
        ),
        (
            lambda model: (model / "README.md").write_bytes(b"alb\xfamina"),
            "{model}/README.md: is not UTF-8",
        ),
    ],
)
def test_a_model_folder_that_cannot_be_reported_on(
    cli: Cli, trained: Path, tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    model, output = tmp_path / "model", tmp_path / "out"
    shutil.copytree(trained, model)
    change(model)
    vouched(model)
    kept = json.loads((model / MANIFEST).read_text())["kept_epoch"]
    assert_refused(cli("report", model, "--output", output), message.format(model=model, kept=kept))
    assert not output.exists()


def test_a_manifest_that_train_did_not_write(cli: Cli, trained: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained, model)
    manifest = json.loads((model / MANIFEST).read_text())
    manifest["metrics"]["dev"]["f1"] = 1.5
    (model / MANIFEST).write_text(json.dumps(manifest))
    assert_refused(
        cli("report", model, "--output", tmp_path / "out"),
        f"{model}/manifest.json: is not a manifest of `train`; metrics.dev.f1: input should be "
        "less than or equal to 1",
    )


def test_an_altered_run_log_and_no_folder_at_all(cli: Cli, trained: Path, tmp_path: Path) -> None:
    model, output = tmp_path / "model", tmp_path / "out"
    message = f"{model}: no such folder; a folder that `train` wrote is accepted"
    assert_refused(cli("report", model, "--output", output), message)
    shutil.copytree(trained, model)
    (model / "run-log.jsonl").write_text("")
    message = f"{model}/run-log.jsonl: is not the file that manifest.json vouches for"
    assert_refused(cli("report", model, "--output", output), message)


def test_an_output_that_holds_something_is_left_alone(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("kept")
    message = f"{tmp_path}: the output folder is not empty; name a new one"
    assert_refused(cli("report", trained, "--output", tmp_path), message)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
