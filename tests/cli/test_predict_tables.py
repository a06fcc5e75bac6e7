"""``predict`` on tables and other corpora: the same mentions as of the texts alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.document import Document, Mention
from pharmaner.prediction import predictor
from pharmaner.prediction.predictor import Prediction
from pharmaner.report.prediction_folder import PredictionFolder
from pharmaner.report.prediction_format import PredictionFormat
from pharmaner.tagger import Tagger
from tests.cli.conftest import Cli
from tests.cli.test_bad_input import assert_refused

TEXTS = ["Toma litio 5mg.", "Control de ferritina; ácido.", "Sin nada.", "Toma enalapril, sodio."]


def found(text: str, mentions: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(text[m["start"] : m["end"]], m["label"]) for m in mentions]


def offline(trained: Path, texts: list[str]) -> list[list[tuple[str, str]]]:
    tagger = Tagger.load(trained)
    documents = [tagger.predict(text) for text in texts]
    return [[(d.text_of(m), m.label) for m in d.mentions] for d in documents]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"brat", "conll"}))
def test_every_format_that_keeps_texts_is_predicted(
    cli: Cli, trained: Path, tmp_path: Path, name: str
) -> None:
    form = FORMATS[name]
    path = tmp_path / f"notes{form.suffixes[0]}"
    documents = [form.fit(Document(f"n{n}", text))[0] for n, text in enumerate(TEXTS)]
    form.write(documents, path)
    read = [d.text for d, _ in form.read(Source(path)) if d is not None]
    lines = cli("predict", "--model", trained, path).out.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["text"] for record in records] == read
    assert [found(r["text"], r["mentions"]) for r in records] == offline(trained, read)
    assert any(record["mentions"] for record in records)


def test_a_table_keeps_its_other_columns_through_predictions(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    table = tmp_path / "visits.csv"
    rows = ["visita;nota;sala", *(f'{n};"{text}";{n % 2}' for n, text in enumerate(TEXTS))]
    table.write_bytes("\r\n".join(rows).encode("cp1252"))
    columns = ("--text-column", "nota", "--id-column", "visita")
    output = ("--output", tmp_path / "out", "--format", "jsonl")
    options = ("--model", trained, "--encoding", "cp1252", *columns, *output)
    assert cli("predict", table, *options).code == 0
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [r["id"] for r in records] == ["0", "1", "2", "3"]
    assert [r["metadata"] for r in records] == [{"sala": str(n % 2)} for n in range(4)]
    assert [found(r["text"], r["mentions"]) for r in records] == offline(trained, TEXTS)
    converted = cli("convert", tmp_path / "out" / "predictions.jsonl", tmp_path / "out.csv")
    assert (converted.code, "nothing was lost" in converted.out) == (0, True)
    header = (tmp_path / "out.csv").read_text().splitlines()[0]
    assert header.split(",") == ["id", "text", "mentions", "sala"]


def test_ids_that_are_no_file_names_are_changed_for_brat_and_counted(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    table = tmp_path / "notes.jsonl"
    ids = ["../../x", "CON", "n", "N"]
    records = [{"id": i, "text": text} for i, text in zip(ids, TEXTS, strict=True)]
    table.write_text("\n".join(map(json.dumps, records)))
    result = cli("predict", table, "--model", trained, "--output", tmp_path / "deep" / "out")
    assert result.code == 0
    assert "3 ids changed: not a file name of its own on every system" in result.err
    documents = read_folder(tmp_path / "deep" / "out").documents
    assert sorted(d.text for d in documents) == sorted(TEXTS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "notes.jsonl"]


def test_rows_that_cannot_be_read_are_named_and_counted(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    table = tmp_path / "notes.csv"
    table.write_text(f"id,text\na,{TEXTS[0]}\nb\na,again\nc,{TEXTS[2]}\n")
    result = cli("predict", table, "--model", trained)
    assert result.code == 1
    assert [json.loads(line)["id"] for line in result.out.splitlines()] == ["a", "c"]
    assert "error: notes.csv:3: a row of 1 cells; 2 are accepted" in result.err
    assert result.err.splitlines()[-1] == "2 of 4 documents failed"


@pytest.mark.parametrize("kind", ["brat", "jsonl"])
def test_an_interrupted_run_over_a_table_goes_on(
    cli: Cli, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(predictor, "PIECES_IN_FLIGHT", 40)
    table = tmp_path / "notes.jsonl"
    ids = ["a/b", "a:b", "", *map(str, range(17))]
    records = [{"id": i, "text": TEXTS[n % 4]} for n, i in enumerate(ids)]
    table.write_text("\n".join(map(json.dumps, records)))
    command = ("predict", table, "--model", trained, "--format", kind, "--output")
    whole = cli(*command, tmp_path / "whole")
    write, written = PredictionFolder._write, list[int]()

    def interrupted(self: PredictionFolder, chunk: list[Any]) -> int:
        written.append(len(chunk))
        if len(written) == 3:
            raise KeyboardInterrupt
        return write(self, chunk)

    monkeypatch.setattr(PredictionFolder, "_write", interrupted)
    assert cli(*command, tmp_path / "again").code == 130
    assert cli(*command, tmp_path / "again", "--resume").code == whole.code
    assert len(written) > 4
    names = sorted(p.name for p in (tmp_path / "whole").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "again").iterdir())
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_corpus_in_one_file_is_accepted_alone(cli: Cli, trained: Path, tmp_path: Path) -> None:
    table = tmp_path / "notes.csv"
    table.write_text("nota\nx\n")
    command = ("predict", "--model", trained)
    message = f"{table}: a corpus in one file is accepted alone"
    assert_refused(cli(*command, table, table), message)
    message = f"{table}: has no column 'text'; it has \"nota\"; --text-column names one"
    assert_refused(cli(*command, table), message)
    columns = ("--text-column", "nota", "--id-column", "paciente")
    message = f"{table}: has no column 'paciente'; it has \"nota\"; --id-column names one"
    assert_refused(cli(*command, *columns, table), message)


def test_what_is_not_meant_to_be_read_is_no_failure(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    examples = [{"text": text, "spans": [], "answer": "accept"} for text in TEXTS]
    examples.insert(1, {"text": "Toma sodio.", "spans": [], "answer": "reject"})
    path = tmp_path / "prodigy.jsonl"
    path.write_text("\n".join(map(json.dumps, examples)))
    result = cli("predict", "--model", trained, path)
    assert result.code == 0
    assert [json.loads(line)["text"] for line in result.out.splitlines()] == TEXTS
    assert "prodigy.jsonl: 1 not_read" in result.err


def test_brat_predictions_of_a_type_with_white_space_can_be_read(tmp_path: Path) -> None:
    document = Document("d", "Toma litio", (Mention.at(5, 10, "Adverse Event"),))
    folder = PredictionFolder(tmp_path / "out", PredictionFormat.BRAT, {}, False)
    folder.write([Prediction(document, 10)])
    folder.finish()
    corpus = read_folder(tmp_path / "out")
    assert corpus.problems == ()
    assert [(m.start, m.end, m.label) for m in corpus.documents[0].mentions] == [
        (5, 10, "Adverse_Event")
    ]


def test_what_brat_cannot_hold_of_a_table_is_counted(
    cli: Cli, trained: Path, tmp_path: Path
) -> None:
    table = tmp_path / "notes.csv"
    table.write_text(
        "id,text,sala\n" + "".join(f'{n},"{text}",A\n' for n, text in enumerate(TEXTS))
    )
    result = cli("predict", table, "--model", trained, "--output", tmp_path / "out")
    assert result.code == 0
    line = f"lost: {len(TEXTS)} metadata: left out; --format jsonl keeps them"
    assert line in result.err.splitlines()
    kept = cli(
        "predict", table, "--model", trained, "--output", tmp_path / "o", "--format", "jsonl"
    )
    assert "lost" not in kept.err


def test_what_was_lost_before_an_interruption_is_counted_too(tmp_path: Path) -> None:
    def predicted(number: int) -> Prediction:
        return Prediction(Document(f"d{number}", "litio", metadata={"sala": "A"}), 5)

    arguments = (tmp_path / "out", PredictionFormat.BRAT, {})
    PredictionFolder(*arguments, False).write([predicted(1), predicted(2)])
    resumed = PredictionFolder(*arguments, True)
    resumed.write([predicted(3)])
    resumed.finish()
    assert dict(resumed.lost) == {("metadata", "left out"): 3}
    assert len(read_folder(tmp_path / "out").documents) == 3


def test_a_format_of_files_needs_an_output(cli: Cli, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXTS[0])
    for name in ("brat", "html"):
        result = cli("predict", tmp_path / "a.txt", "--model", trained, "--format", name)
        assert (result.code, result.out) == (2, "")
        assert result.err == f"error: predict: --format {name} needs an --output DIR\n"
    lines = cli("predict", tmp_path / "a.txt", "--model", trained, "--format", "jsonl")
    assert (lines.code, json.loads(lines.out)["text"]) == (0, TEXTS[0])
