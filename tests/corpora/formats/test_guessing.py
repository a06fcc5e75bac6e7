"""Files that could be taken for those of another format, and files of none that is read."""

import json
from pathlib import Path

import pytest

from pharmaner.corpora.formats.guessing import guess_format
from pharmaner.corpora.formats.reading import read_corpus
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.document import Document, Mention
from pharmaner.errors import CorpusError
from tests.corpora.formats.test_reading import corpus_of, mentions


@pytest.mark.parametrize(
    "column", ["answer", "spans", "mentions", "documents", "text", "relations"]
)
def test_what_is_written_for_doccano_is_read_back_as_that(column: str, tmp_path: Path) -> None:
    document = Document("d", "Toma litio", (Mention.at(5, 10, "DRUG"),), metadata={column: "yes"})
    fitted, losses = FORMATS["doccano"].fit(document)
    FORMATS["doccano"].write([fitted], tmp_path / "d.jsonl")
    assert guess_format(tmp_path / "d.jsonl").name == "doccano"
    (back,) = read_corpus(tmp_path / "d.jsonl").documents
    assert mentions(back) == [("DRUG", "litio")]
    assert len(back.metadata) + len(losses) == 1


def test_a_prodigy_example_of_a_whole_text_is_no_doccano(tmp_path: Path) -> None:
    record = {"text": "Li", "label": "URGENT", "answer": "accept"}
    (document,) = corpus_of(tmp_path, "p.jsonl", json.dumps(record)).documents
    assert (document.mentions, document.metadata) == ((), {"label": "URGENT"})


@pytest.mark.parametrize("first", [{"text": "Li", "label": []}, {"id": 1, "text": "Li"}, "Li", 1])
def test_other_lists_are_refused_with_the_shapes_that_are_read(
    first: object, tmp_path: Path
) -> None:
    (tmp_path / "d.json").write_text(json.dumps([first]))
    with pytest.raises(CorpusError, match=r"a list that begins with .*\(not JSON-MIN\), whose"):
        guess_format(tmp_path / "d.json")


def test_webanno_tsv_is_refused_with_what_to_export_instead(tmp_path: Path) -> None:
    content = "#FORMAT=WebAnno TSV 3.3\n#T_SP=x\n\n#Text=Li\n1-1\t0-2\tLi\t*\n"
    for name in ("w.tsv", "w.txt"):
        (tmp_path / name).write_text(content)
        with pytest.raises(
            CorpusError, match=rf"{name}: is WebAnno TSV, .* export CoNLL 2002, which is$"
        ):
            read_corpus(tmp_path / name)
