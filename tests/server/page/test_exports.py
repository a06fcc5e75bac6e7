"""What is copied and downloaded, read back by other programs."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pharmaner.corpora.brat import format_annotations, parse_document
from pharmaner.corpora.formats.brat_folder import FileNames
from pharmaner.corpora.formats.jsonl import mention_record
from pharmaner.document import Document, Mention, Span
from tests.server.conftest import Server
from tests.server.page.conftest import analyse
from tests.server.page.test_filter_and_documents import set_minimum
from tests.server.page.test_highlights import SENTENCES, answered

pytestmark = pytest.mark.xdist_group("browser")

TEXTS = {
    "sala/3: «á»": "🙂 Toma litio.\r\nControl de ferritina en sangre.\n",
    "=suma": "\ufeffToma sodio, enalapril.",
    "vacía": "",
}


def upload(page: Page, texts: dict[str, str]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.txt", text)
    file = {"name": "n.zip", "mimeType": "application/zip", "buffer": stream.getvalue()}
    page.set_input_files("#files", [file])
    expect(page.locator("#document-list li")).to_have_count(len(texts))


def downloaded(page: Page, kind: str, folder: Path) -> tuple[str, bytes]:
    if page.locator("#export").get_attribute("open") is None:
        page.click("#export summary")
    with page.expect_download() as waiting:
        page.click(f"[data-save={kind}]")
    path = folder / kind
    waiting.value.save_as(path)
    return waiting.value.suggested_filename, path.read_bytes()


def expected_document(server: Server, name: str, text: str) -> Document:
    found = [
        Mention.at(m["start"], m["end"], m["label"], m["score"]) for m in answered(server, text)
    ]
    return Document(name, text, tuple(found))


def test_a_zip_is_the_brat_folder_that_predict_writes(
    page: Page, server: Server, tmp_path: Path
) -> None:
    upload(page, TEXTS)
    name, content = downloaded(page, "zip", tmp_path)
    assert name == "pharmaner.zip"
    names = ["3_ «á»", "=suma", "vacía"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{n}.{kind}" for n in names for kind in ("txt", "ann")]
        for file, text in zip(names, TEXTS.values(), strict=True):
            assert archive.read(f"{file}.txt") == text.encode()
            annotations = archive.read(f"{file}.ann").decode()
            document = expected_document(server, file, text)
            assert annotations == format_annotations(document)
            read, problems = parse_document(file, text, annotations, file)
            assert problems == []
            assert len(read.mentions) == len(document.mentions)


def test_json_and_csv_hold_every_document(page: Page, server: Server, tmp_path: Path) -> None:
    upload(page, TEXTS)
    records = json.loads(downloaded(page, "json", tmp_path)[1])
    assert [(record["id"], record["text"]) for record in records] == [
        ("3: «á»", TEXTS["sala/3: «á»"]),
        ("=suma", TEXTS["=suma"]),
        ("vacía", ""),
    ]
    expected = [answered(server, text) for text in TEXTS.values()]
    assert [record["mentions"] for record in records] == expected
    assert [record["characters_covered"] for record in records] == list(map(len, TEXTS.values()))
    content = downloaded(page, "csv", tmp_path)[1]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    flat = [
        [("3: «á»", "'=suma", "vacía")[place], m["start"], m["end"], m["label"], m["text"]]
        for place, mentions in enumerate(expected)
        for m in mentions
    ]
    found = [[r["document"], int(r["start"]), int(r["end"]), r["label"], r["text"]] for r in rows]
    assert found == flat
    scores = [m["score"] for mentions in expected for m in mentions]
    assert [float(row["score"]) for row in rows] == scores


def test_what_is_filtered_out_is_not_exported_and_that_is_said(
    page: Page, server: Server, tmp_path: Path
) -> None:
    text = f"🙂 {SENTENCES}"
    analyse(page, text)
    every = answered(server, text)
    page.locator("#type-list label", has_text="DRUG").click()
    left = [m for m in every if m["label"] != "DRUG"]
    expect(page.locator("#export-hint")).to_contain_text(f"{len(left)} of {len(every)} mention")
    name, content = downloaded(page, "ann", tmp_path)
    assert name == "note-1.ann"
    read, problems = parse_document("note-1", text, content.decode(), name)
    assert problems == []
    assert [(m.start, m.end, m.label) for m in read.mentions] == [
        (m["start"], m["end"], m["label"]) for m in left
    ]
    set_minimum(page, 100)
    (record,) = json.loads(downloaded(page, "json", tmp_path)[1])
    assert record["mentions"] == [m for m in left if m["score"] >= 1]


@pytest.mark.parametrize("is_secure", [True, False])
def test_copying_gives_what_downloading_gives(page: Page, tmp_path: Path, is_secure: bool) -> None:
    analyse(page, "Toma litio. Control de ferritina en sangre.")
    if not is_secure:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    for kind in ("ann", "json", "csv"):
        saved = downloaded(page, kind, tmp_path)[1].decode("utf-8-sig")
        page.click(f"[data-copy={kind}]")
        expect(page.locator("#status")).to_have_text(f"Copied: .{kind}")
        page.click("#new-note")
        page.fill("#note-text", "")
        page.keyboard.press("Control+V")
        pasted = page.locator("#note-text").input_value()
        assert pasted == saved.replace("\r\n", "\n")
        page.click("#back")


def test_codes_are_in_brat_and_csv(page: Page) -> None:
    text = "Toma litio\ny sodio, litio"
    mentions = (
        Mention((Span(5, 10),), "DRUG", codes=("A", "B 1"), score=0.5),
        Mention((Span(13, 18),), "DRUG"),
        Mention((Span(20, 25),), "DRUG", codes=("A",), score=0.25),
    )
    document = Document("d", text, mentions)
    records = [mention_record(document, mention) for mention in mentions]
    call = """async (mentions) => {
      const { bratAnnotations, csvTable } = await import("/formats.js");
      return [bratAnnotations(mentions), csvTable([{ id: "d", mentions }])];
    }"""
    annotations, table = page.evaluate(call, records)
    assert annotations == format_annotations(document)
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["codes"] for row in rows] == ["A;B 1", "", "A"]


def test_no_cell_begins_as_a_formula_whatever_separates_cells(page: Page) -> None:
    names = ["=1+1;=2+5", "a;-b", "@x", "3-4", "x\r\n+y", "\ty"]
    call = """async (names) => {
      const { csvTable } = await import("/formats.js");
      const mention = { start: 0, end: 1, label: "L", text: "t", score: 0.5, codes: names };
      return csvTable(names.map((id) => ({ id, mentions: [mention] })));
    }"""
    table = page.evaluate(call, names)
    for separator in ",;":
        for row in csv.reader(io.StringIO(table, newline=""), delimiter=separator):
            for line in (line for cell in row for line in cell.splitlines()):
                assert not line.startswith(("=", "+", "-", "@", "\t", "\r"))
    documents = [row["document"] for row in csv.DictReader(io.StringIO(table, newline=""))]
    assert documents == ["'=1+1;'=2+5", "a;'-b", "'@x", "3-4", "x\r\n'+y", "'\ty"]


def test_names_in_a_zip_are_names_on_every_system(page: Page, tmp_path: Path) -> None:
    long = "\u00f1" * 150
    texts = dict.fromkeys(["CON", "nul.1", "nota .", ".oculta", "con", long, f"{long}2"], "litio")
    upload(page, texts)
    content = downloaded(page, "zip", tmp_path)[1]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = [name.removesuffix(".txt") for name in archive.namelist() if name[-4:] == ".txt"]
    fits = FileNames().fit
    expected = [fits(Document(name, ""))[0].id for name in texts]
    assert found == expected
