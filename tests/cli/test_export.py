import json
from pathlib import Path

import pytest

from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document
from pharmaner.prediction.processor import saturates_int8
from pharmaner.tagger import Tagger
from tests.cli.conftest import Cli


def test_int8_is_checked_written_and_used(
    cli: Cli, trained: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    gold, model = tmp_path / "gold", tmp_path / "model"
    write_folder(small_corpus, gold)
    result = cli("export", trained, "--output", model, "--int8", "--check", gold)
    assert (result.code, result.out) == (0, "")
    mentions = sum(len(document.mentions) for document in small_corpus)
    assert result.err.splitlines()[:3] == [
        f"{gold}: 8 documents",
        f"fp32: {mentions} mentions in 8 texts, identical to torch's",
        "int8: F1 100.00, fp32 100.00, span agreement 100.00 %; up to 0.2 points lower is accepted",
    ]
    export = json.loads((model / "manifest.json").read_text(encoding="utf-8"))["export"]
    assert export["precision"] == "int8"
    assert export["range"] == ("reduced" if saturates_int8() else "full")
    assert export["check"]["int8"]["f1"] == 1.0
    assert {p.name for p in model.iterdir()} >= {"model.onnx", "parameters.json", "README.md"}
    scores = json.loads(cli("evaluate", gold, "--model", model, "--json").out)
    assert scores["f1"] == 1.0
    whole, small = (Tagger.load(folder).predict("Toma litio.") for folder in (trained, model))
    assert [m.spans for m in small.mentions] == [m.spans for m in whole.mentions]


@pytest.mark.parametrize("options", [(), ("--int8",)])
def test_nothing_to_judge_by_is_refused_with_1(
    cli: Cli, trained: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    write_folder([Document("d", "la")], tmp_path / "gold")
    output = tmp_path / "model"
    result = cli("export", trained, "--output", output, "--check", tmp_path / "gold", *options)
    assert result.code == 1
    assert result.err.splitlines()[-1] == (
        f"error: {trained}: finds no mention in 1 texts, so there is nothing to judge by; "
        "--check FOLDER names others"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["gold"]


def test_an_occupied_output_is_refused_with_2(cli: Cli, trained: Path) -> None:
    result = cli("export", trained, "--output", trained)
    assert result.code == 2
    assert result.err == f"error: {trained}: the output folder is not empty; name a new one\n"


def test_a_range_without_int8_is_refused(cli: Cli, trained: Path, tmp_path: Path) -> None:
    for option in ("--reduced-range", "--full-range"):
        result = cli("export", trained, "--output", tmp_path / "model", option)
        assert result.code == 2
        message = "error: export: --reduced-range and --full-range go with --int8"
        assert result.err.splitlines() == [message]
    result = cli("export", trained, "--output", tmp_path / "x", "--confirm")
    assert result.code == 2
    assert "error: export: --confirm goes with --int8" in result.err
    assert not (tmp_path / "x").exists()
