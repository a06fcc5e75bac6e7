"""Files compared with what other packages read and write: bioc, spaCy, csv, pyarrow."""

import csv
import io
import warnings
from pathlib import Path
from typing import Any

import pytest

from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.document import Attachment, Document, Mention, Span

TEXT = "Toma litio 5mg.\nControl de ferritina y ácido fólico 😀 anti-CD20."
DOCUMENT = Document(
    "note-1",
    TEXT,
    (
        Mention((Span(5, 10),), "DRUG", "T1", codes=("MESH:D008094",)),
        Mention((Span(27, 36), Span(39, 44)), "PROTEIN", "T2"),
        Mention((Span(39, 51),), "DRUG", "T3", codes=("D005492", "B9")),
        Mention((Span(54, 63),), "DRUG", "T4"),
    ),
    (Attachment("#1\tAnnotatorNotes T1\tsal", 1),),
    {"ward": "3"},
)


def write(name: str, tmp_path: Path) -> Path:
    path = tmp_path / f"corpus{FORMATS[name].suffixes[0]}"
    FORMATS[name].write([FORMATS[name].fit(DOCUMENT)[0]], path)
    return path


def read(name: str, path: Path) -> Document:
    ((document, problems),) = FORMATS[name].read(Source(path))
    assert problems == []
    assert document is not None
    return document


def bioc_package(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bioc import biocjson, biocxml
    return biocxml if name == "bioc-xml" else biocjson


@pytest.mark.parametrize("name", ["bioc-xml", "bioc-json"])
def test_bioc_reads_our_bioc(name: str, tmp_path: Path) -> None:
    collection = bioc_package(name).loads(write(name, tmp_path).read_text(encoding="utf-8"))
    (document,) = collection.documents
    (passage,) = document.passages
    assert (document.id, passage.offset, passage.text) == ("note-1", 0, TEXT)
    assert document.infons == {"ward": "3"}
    assert [
        (a.id, a.infons["type"], a.text, [(x.offset, x.end) for x in a.locations])
        for a in passage.annotations
    ] == [
        (m.id, m.label, DOCUMENT.text_of(m), [(s.start, s.end) for s in m.spans])
        for m in DOCUMENT.mentions
    ]
    identifiers = [a.infons.get("identifier") for a in passage.annotations]
    assert identifiers == ["MESH:D008094", None, "D005492;B9", None]
    assert passage.annotations[0].infons["note"] == "sal"


@pytest.mark.parametrize("name", ["bioc-xml", "bioc-json"])
def test_we_read_what_bioc_writes(name: str, tmp_path: Path) -> None:
    package = bioc_package(name)
    written = package.dumps(package.loads(write(name, tmp_path).read_text(encoding="utf-8")))
    path = tmp_path / f"theirs{FORMATS[name].suffixes[0]}"
    path.write_text(written, encoding="utf-8")
    assert read(name, path) == FORMATS[name].fit(DOCUMENT)[0]


def test_bioc_reads_our_pubtator(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bioc import pubtator
    fitted, _ = FORMATS["pubtator"].fit(DOCUMENT)
    with write("pubtator", tmp_path).open(encoding="utf-8") as stream:
        (article,) = pubtator.load(stream)
    assert (article.pmid, article.title, article.abstract) == ("note-1", *TEXT.split("\n"))
    assert [(a.start, a.end, a.text, a.type, a.id) for a in article.annotations] == [
        (m.start, m.end, fitted.text_of(m), m.label, ";".join(m.codes) or "-")
        for m in fitted.mentions
    ]


def test_spacy_reads_our_docbin(tmp_path: Path) -> None:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    fitted, _ = FORMATS["docbin"].fit(DOCUMENT)
    (doc,) = DocBin().from_disk(write("docbin", tmp_path)).get_docs(Vocab())
    assert doc.text == TEXT
    assert [(e.start_char, e.end_char, e.label_, e.kb_id_, e.id_) for e in doc.ents] == [
        (m.start, m.end, m.label, ";".join(m.codes), m.id) for m in fitted.mentions
    ]


def test_we_read_what_spacy_writes(tmp_path: Path) -> None:
    import spacy
    from spacy.tokens import DocBin
    from spacy.tokens import Span as TokenSpan

    pipe = spacy.blank("es")
    docs = [pipe("Toma  litio y ácido fólico."), pipe("Nada"), pipe("")]
    docs[0].ents = [docs[0].char_span(6, 11, "DRUG"), docs[0].char_span(14, 26, "ORG", "Q1")]
    docs[1].spans["sc"] = [TokenSpan(docs[1], 0, 1, label="X")]
    docs[0].spans["other"] = [docs[0][0:1]]
    DocBin(docs=docs).to_disk(tmp_path / "c.spacy")
    found = list(FORMATS["docbin"].read(Source(tmp_path / "c.spacy")))
    back = [document for document, _ in found if document is not None]
    assert [(d.id, d.text) for d in back] == [
        (f"c-{number}", doc.text) for number, doc in enumerate(docs, start=1)
    ]
    assert back[0].mentions == (
        Mention.at(6, 11, "DRUG"),
        Mention((Span(14, 26),), "ORG", codes=("Q1",)),
    )
    assert back[1].mentions == (Mention.at(0, 4, "X"),)
    assert [str(p.message) for p in found[0][1]] == ["c-1: 1 other span groups are not read"]


def test_a_csv_is_what_python_reads(tmp_path: Path) -> None:
    content = write("csv", tmp_path).read_bytes().decode()
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert (row["id"], row["text"], row["ward"]) == ("note-1", TEXT, "3")


def test_a_parquet_file_is_what_pyarrow_reads(tmp_path: Path) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    (row,) = parquet.read_table(write("parquet", tmp_path)).to_pylist()
    assert (row["id"], row["text"], row["ward"]) == ("note-1", TEXT, "3")
    table = arrow.table({"id": [7, None], "text": ["a", "b"], "age": [45, None], "n": [[1], None]})
    parquet.write_table(table, tmp_path / "t.parquet")
    found = [document for document, _ in FORMATS["parquet"].read(Source(tmp_path / "t.parquet"))]
    assert found == [
        Document("7", "a", metadata={"age": 45, "n": [1]}),
        Document("t-2", "b"),
    ]
