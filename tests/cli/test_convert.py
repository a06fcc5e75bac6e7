"""``convert``: what it prints, what it refuses, and that nothing is half written."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.formats.reading import read_corpus
from tests.cli.conftest import Cli

WriteCorpus = Callable[..., Path]
NOTE = ("Toma  litio 5mg.\n", "T1\tDRUG 6 11\tlitio\n#1\tAnnotatorNotes T1\tsal\n")
MESSAGE = "white space of the text rebuilt (a, b, c, ...)"


@pytest.fixture
def corpus(write_corpus: WriteCorpus) -> Path:
    return write_corpus(a=NOTE, b=NOTE, c=NOTE, d=NOTE)


def test_convert_says_what_was_converted_and_lost(cli: Cli, corpus: Path) -> None:
    output = corpus.parent / "new" / "c.conll"
    result = cli("convert", corpus, output)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"{output}: 4 documents, 4 mentions",
        "lost: 4 notes: left out (a, b, c, ...)",
        f"lost: 4 offsets: {MESSAGE}",
    ]
    assert output.read_text() == "".join(
        f"-DOCSTART- ({name})\tO\n\nToma\tO\nlitio\tB-DRUG\n5\tO\nmg\tO\n.\tO\n\n"
        for name in "abcd"
    )


def test_strict_writes_nothing_where_something_would_be_lost(cli: Cli, corpus: Path) -> None:
    result = cli("convert", corpus, corpus.parent / "c.conll", "--strict")
    lost = "error: --strict: 4 notes, 4 offsets would be lost; nothing was written"
    assert (result.code, result.out, result.err.splitlines()) == (2, "", [lost])
    assert [path.name for path in corpus.parent.iterdir()] == [corpus.name]


def test_strict_there_and_back_is_byte_for_byte(cli: Cli, corpus: Path) -> None:
    lines, back = corpus.parent / "c.jsonl", corpus.parent / "back"
    for source, output in ((corpus, lines), (lines, back)):
        result = cli("convert", source, output, "--strict")
        assert (result.code, result.out.splitlines()[1]) == (0, "nothing was lost")
    for path in corpus.iterdir():
        assert (back / path.name).read_bytes() == path.read_bytes()


def test_strict_refuses_what_a_document_has_no_place_for(cli: Cli, tmp_path: Path) -> None:
    passages = [{"offset": 0, "text": "Li", "infons": {"type": "title"}}]
    documents = {"documents": [{"id": "1", "passages": passages}]}
    (tmp_path / "c.json").write_text(json.dumps(documents))
    result = cli("convert", tmp_path / "c.json", tmp_path / "c.jsonl", "--strict")
    assert result.code == 2
    assert "--strict: 1 not read would be lost" in result.err
    result = cli("convert", tmp_path / "c.json", tmp_path / "c.jsonl")
    assert result.code == 0
    assert "found in the original: 1 not_read" in result.err
    assert "nothing was lost" not in result.out


def test_what_cannot_be_read_stops_it_and_nothing_is_left(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.conll").write_text("a O\nb\n")
    result = cli("convert", tmp_path / "c.conll", tmp_path / "out")
    assert result.code == 2
    assert result.err.startswith('error: c.conll:2: c: found "b"; a token and, in the last column')
    assert [path.name for path in tmp_path.iterdir()] == ["c.conll"]


def test_an_output_that_is_there_is_left_alone(cli: Cli, corpus: Path) -> None:
    output = corpus.parent / "c.conll"
    output.write_text("precious")
    result = cli("convert", corpus, output)
    assert result.err == f"error: {output}: is there already; name a new file\n"
    assert output.read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["out.json"], "--to FORMAT is needed; bioc-json, label-studio are accepted"),
        (["out.doc"], "--to FORMAT is needed; brat, conll,"),
        (["out", "--to", "word"], "format 'word': unknown; brat, conll,"),
        (["out", "--encoding", "klingon"], "--encoding klingon: is no encoding;"),
        (["out", "--encoding", "rot13"], "--encoding rot13: is no encoding;"),
    ],
)
def test_what_is_accepted_is_said(
    cli: Cli, corpus: Path, arguments: list[str], message: str
) -> None:
    result = cli("convert", corpus, corpus.parent / arguments[0], *arguments[1:])
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_a_hospital_export_becomes_the_same_table_with_mentions(cli: Cli, tmp_path: Path) -> None:
    source, output = tmp_path / "export.csv", tmp_path / "texts.csv"
    source.write_bytes("episodio;informe;edad\n7;Tensión alta;45\n8;Señor;\n".encode("cp1252"))
    options = ("--text-column", "informe", "--id-column", "episodio")
    result = cli("convert", source, output, *options)
    assert "byte 0xf3 at position 29 is not UTF-8" in result.err
    result = cli("convert", source, output, *options, "--encoding", "cp1252")
    assert (result.code, result.out.splitlines()[1]) == (0, "nothing was lost")
    with output.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows == [
        {"id": "7", "text": "Tensión alta", "mentions": "[]", "edad": "45"},
        {"id": "8", "text": "Señor", "mentions": "[]", "edad": ""},
    ]
    result = cli("convert", source, tmp_path / "x.csv", "--encoding", "cp1252")
    assert 'has no column \'text\'; it has "episodio", "informe", "edad"' in result.err


def test_brat_in_another_encoding(cli: Cli, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    corpus = write_corpus(a=("", ""))
    (corpus / "a.txt").write_bytes("Señor\r\n".encode("cp1252"))
    (corpus / "a.ann").write_bytes("T1\tX 0 5\tSeñor\n".encode("cp1252"))
    result = cli("convert", corpus, tmp_path / "out", "--encoding", "cp1252", "--strict")
    assert result.code == 0
    (document,) = read_folder(tmp_path / "out").documents
    assert document.text == "Señor\r\n"


def test_ids_that_are_no_file_names_are_changed_and_counted(cli: Cli, tmp_path: Path) -> None:
    names = ["../a", "CON", "b", "B"]
    lines = [json.dumps({"id": name, "text": name, "mentions": []}) for name in names]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    result = cli("convert", tmp_path / "c.jsonl", tmp_path / "out")
    assert "lost: 3 document ids: changed: not a file name of its own" in result.out
    assert [d.text for d in read_corpus(tmp_path / "out").documents] == ["B", "../a", "CON", "b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jsonl", "out"]


def test_problems_past_the_third_are_counted(cli: Cli, tmp_path: Path) -> None:
    mention = {"start": 0, "end": 2, "label": "DRUG", "text": "Na"}
    source = tmp_path / "c.jsonl"
    source.write_text(json.dumps({"text": "Li", "mentions": [mention] * 5}))
    for options, more in (
        ((), f"and 2 more: `pharmaner audit {source}` lists them"),
        (("--from", "jsonl"), "and 2 more"),
    ):
        result = cli("convert", source, tmp_path / f"out{len(options)}", *options)
        first, *_, last = result.err.splitlines()
        assert (result.code, first, last) == (0, "found in the original: 5 mismatch", more)


def test_what_holds_nothing_that_is_read_is_refused(cli: Cli, tmp_path: Path) -> None:
    example = json.dumps({"text": "Li", "spans": [], "answer": "reject"})
    (tmp_path / "p.jsonl").write_text(f"{example}\n{example}\n")
    result = cli("convert", tmp_path / "p.jsonl", tmp_path / "out.jsonl")
    message = 'an example was answered with "reject"; only accepted ones are read (and 1 more)'
    assert (result.code, result.out, result.err) == (2, "", f"error: p.jsonl:1: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]
    (tmp_path / "p.csv").write_text("id,text\n")
    result = cli("convert", tmp_path / "p.csv", tmp_path / "out.jsonl")
    assert (result.code, (tmp_path / "out.jsonl").read_text()) == (0, "")


def test_file_names_that_are_not_utf_8_are_printed_escaped(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in\udcf1.csv").write_text("text,sala\nToma litio,3\n")
    (tmp_path / "in\udcf1.bio").write_text("Toma\tO\n")
    for suffix in ("csv", "bio"):
        output = tmp_path / f"{suffix}\udcf1.jsonl"
        result = cli("convert", tmp_path / f"in\udcf1.{suffix}", output)
        assert (result.code, result.out.splitlines()[0]) == (
            0,
            f"{tmp_path}/{suffix}\\udcf1.jsonl: 1 documents, 0 mentions",
        )
        assert json.loads(output.read_text())["id"].startswith("in\\udcf1")
    folder = tmp_path / "brat"
    folder.mkdir()
    for name in ("nota.ann", "nota.txt", "nota_\udcf1.txt"):
        (folder / name).write_text("")
    audited = cli("audit", folder, "--json")
    assert (audited.code, len(json.loads(audited.out)["problems"])) == (1, 1)
    assert '"nota_\\udcf1' in audited.out


def test_every_format_with_its_extra_missing_says_so(
    cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "spacy", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for name, extra in (("c.spacy", "spacy"), ("c.parquet", "parquet")):
        result = cli("convert", corpus, corpus.parent / name)
        assert result.code == 2
        assert f"`pip install 'pharmaner[{extra}]'` brings it" in result.err
    assert [path.name for path in corpus.parent.iterdir()] == [corpus.name]
