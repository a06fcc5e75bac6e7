"""Files that mean harm: our own errors only, in bounded time and memory."""

import json
import os
import random
import tempfile
import zlib
from pathlib import Path

import pytest
from benchmarks.fuzz_readers import broken, read_case, seeds
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.corpora.formats.brat_folder import FileNames
from pharmaner.corpora.formats.reading import read_corpus, read_found
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS, Format
from pharmaner.document import Document, Mention
from pharmaner.errors import CorpusError, OutputError

CASES = int(os.environ.get("FUZZ_CASES", "40"))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "brat"])
def test_broken_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    good = seeds(tmp_path)[name]
    draw = random.Random(7)
    path = tmp_path / f"case{FORMATS[name].suffixes[0]}"
    for _ in range(CASES):
        path.write_bytes(broken(good, FORMATS[name], draw))
        read_case(path, FORMATS[name], FORMATS["jsonl"])


@settings(deadline=None, max_examples=CASES)
@given(st.sampled_from([f for f in FORMATS.values() if not f.is_folder]), st.binary(max_size=200))
@example(FORMATS["jsonl"], b'{"id": "\\ud800", "text": "x"}')
@example(FORMATS["jsonl"], b'{"id": "a", "text": "\\ud800"}')
@example(FORMATS["jsonl"], b'{"id": "a", "text": "x", "metadata": {"\\udfff": 1}}')
@example(FORMATS["jsonl"], b'{"id": "a", "text": "x", "score": NaN}')
@example(FORMATS["jsonl"], b'{"id": "a", "text": "x", "score": 1e999}')
@example(FORMATS["jsonl"], b'{"id": "a", "text": "x", "score": ' + b"9" * 5000 + b"}")
@example(FORMATS["jsonl"], b"[" * 100_000)
@example(FORMATS["csv"], b"text\n\x00\n")
@example(FORMATS["docbin"], zlib.compress(b"\xdf\xff\xff\xff\xff"))
def test_any_bytes_are_read_or_refused(form: Format, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / f"case{form.suffixes[0]}"
        path.write_bytes(content)
        read_case(path, form, FORMATS["bioc-xml"])


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declaration",
    [
        f'<!DOCTYPE collection [<!ENTITY e0 "x">{BOMB}]>',
        '<!DOCTYPE collection [<!ENTITY e11 SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_xml_with_entities_is_refused(declaration: str, tmp_path: Path) -> None:
    path = tmp_path / "c.xml"
    path.write_text(f"{declaration}<collection><document><id>&e11;</id></document></collection>")
    with pytest.raises(CorpusError, match="defines entities, or refers to other files"):
        read_corpus(path)


def test_deep_xml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text("<collection>" + "<a>" * 100_000)
    with pytest.raises(CorpusError, match="nested deeper than 32 elements"):
        read_corpus(tmp_path / "c.xml")


def test_a_docbin_that_unpacks_too_far_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.spacy").write_bytes(zlib.compress(b"\x00" * 2**27))
    with pytest.raises(CorpusError, match="unpacks to over"):
        read_corpus(tmp_path / "c.spacy")


def test_a_docbin_of_a_text_that_repeats_itself_is_read(tmp_path: Path) -> None:
    """A token takes some forty bytes, which shrink to next to nothing."""
    document = Document("a", "ab " * 80_000, (Mention.at(0, 2, "X"),))
    form = FORMATS["docbin"]
    form.write([form.fit(document)[0]], tmp_path / "c.spacy")
    ((read, problems),) = form.read(Source(tmp_path / "c.spacy"))
    assert read is not None
    assert (read.text, problems) == (document.text, [])


@pytest.mark.parametrize("name", ["conll", "pubtator", "jsonl", "prodigy", "csv", "bioc-xml"])
def test_a_line_of_two_megabytes_is_read(name: str, tmp_path: Path) -> None:
    text = "litio " * 350_000
    form = FORMATS[name]
    path = tmp_path / f"c{form.suffixes[0]}"
    if name == "conll":
        path.write_text("l" * len(text) + "\tB-X\n")
    else:
        document, _ = form.fit(Document("a", text, (Mention.at(0, 5, "X"),)))
        form.write([document], path)
    ((read, problems),) = form.read(Source(path))
    assert problems == []
    assert read is not None
    assert len(read.text) == len(text)
    assert len(read.mentions) == 1


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in {"brat", "conll", "docbin"}])
def test_very_many_mentions_in_one_document(name: str, tmp_path: Path) -> None:
    count = 3_000
    text = "ab " * count
    document = Document("a", text, tuple(Mention.at(3 * n, 3 * n + 2, "X") for n in range(count)))
    form = FORMATS[name]
    fitted, losses = form.fit(document)
    path = tmp_path / f"c{form.suffixes[0]}"
    form.write([fitted], path)
    ((back, _),) = form.read(Source(path))
    assert losses == []
    assert back == fitted


HOSTILE_IDS = ["../../etc/passwd", "/abs", "a\\b", "CON", "nul.txt", ".", "..", "", ".hidden"]
HOSTILE_IDS += ["a", "A", "a ", "é", "e\u0301", "x" * 400, "a\nb", "a\x00b", "LPT1", "b.", "a:b"]


def test_ids_become_names_of_files_of_their_own(tmp_path: Path) -> None:
    names = FileNames()
    fitted = [names.fit(Document(name, "x")) for name in HOSTILE_IDS]
    ids = [document.id for document, _ in fitted]
    assert len({name.casefold() for name in ids}) == len(HOSTILE_IDS)
    for (document, losses), name in zip(fitted, HOSTILE_IDS, strict=True):
        assert bool(losses) == (document.id != name)
        assert document.id.upper().partition(".")[0] not in {"CON", "NUL", "LPT1"}
    write_folder((document for document, _ in fitted), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(d.id for d in read_folder(tmp_path / "out").documents) == sorted(ids)


@pytest.mark.parametrize("name", ["../a", "/a", "..", ".", "", "a\x00"])
def test_a_folder_is_not_written_through_an_id(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is no name of a file"):
        write_folder([Document(name, "x")], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["conll", "pubtator", "csv", "jsonl"])
def test_other_encodings(name: str, encoding: str, tmp_path: Path) -> None:
    document = Document("a", "fiebre de 39º, señor", (Mention.at(0, 6, "X"),))
    fitted, _ = FORMATS[name].fit(document)
    path = tmp_path / f"c{FORMATS[name].suffixes[0]}"
    FORMATS[name].write([fitted], path)
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    ((back, problems),) = read_found(Source(path, encoding), FORMATS[name])
    assert (back, problems) == (fitted, [])
    with pytest.raises(CorpusError, match=r"byte 0x(ba|f1) at position \d+ is not UTF-8"):
        list(read_found(Source(path), FORMATS[name]))


def test_json_of_many_lines_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    good = json.dumps({"id": "a", "text": "x", "mentions": []})
    path.write_text(f"{good}\n" + "[" * 50_000)
    found = read_found(Source(path), FORMATS["jsonl"])
    assert next(found)[0] == Document("a", "x")
    assert [str(p) for p in next(found)[1]] == ["c.jsonl:2: is nested too deeply"]


def test_json_that_can_be_read_can_be_written_within_something_else(tmp_path: Path) -> None:
    """Python reads a little more depth than it writes, and a document is written in a record."""
    path = tmp_path / "c.jsonl"
    depths = [*range(90, 99), *range(101, 110), *range(900, 1100)]
    records = [f'{{"id": "{n}", "text": "x", "extra": {"[" * n}{"]" * n}}}' for n in depths]
    path.write_text("\n".join(records))
    read = [document for document, _ in read_found(Source(path), FORMATS["jsonl"]) if document]
    assert [document.id for document in read] == [str(n) for n in range(90, 99)]
    FORMATS["jsonl"].write(read, tmp_path / "again.jsonl")
    assert [d for d, _ in read_found(Source(tmp_path / "again.jsonl"))] == read
