"""Tables as programs write them: lines, quotation marks, and the types of Parquet."""

from pathlib import Path

import pytest

from pharmaner.corpora.formats.reading import read_corpus
from pharmaner.corpora.report import ProblemKind
from pharmaner.errors import CorpusError
from tests.corpora.formats.test_reading import corpus_of, mentions


def test_parquet_as_data_frames_are_written(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    mention = {"start": 5, "end": 10, "label": "DRUG", "score": float("nan"), "spans": None}
    columns = {
        "id": [1.0, None, float("nan"), 2.5],
        "text": ["Toma litio"] * 4,
        "mentions": [[mention], [], None, None],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "t.parquet")
    corpus = read_corpus(tmp_path / "t.parquet")
    assert [(d.id, mentions(d)) for d in corpus.documents] == [
        ("1", [("DRUG", "litio")]),
        ("t-2", []),
        ("t-3", []),
    ]
    assert [p.message for p in corpus.problems] == ['2.5: an id is needed, found "2.5"']


def test_the_line_of_a_row_is_its_first(tmp_path: Path) -> None:
    content = 'id,text\na,"uno\ndos"\n\nb,"tres\r\ncuatro",x\nc,"{}"\nd,seis\n'
    mention = '[{""start"": 0, ""end"": 99, ""label"": ""X""}]'
    corpus = corpus_of(tmp_path, "t.csv", content.format("cinco"))
    assert [d.text for d in corpus.documents] == ["uno\ndos", "cinco", "seis"]
    assert [p.line for p in corpus.problems] == [5]
    corpus = corpus_of(tmp_path, "m.csv", f'text,mentions\n"a\nb",[]\n"c\nd","{mention}"\n')
    assert [(p.line, p.kind) for p in corpus.problems] == [(4, ProblemKind.OUT_OF_RANGE)]
    for bad, line in (
        (content.format('a" b'), 7),
        (content.format("").removesuffix('"\nd,seis\n'), 7),
    ):
        with pytest.raises(CorpusError, match=rf"t\.csv:{line}: is no CSV: "):
            corpus_of(tmp_path, "t.csv", bad)


PLAIN_QUOTES = '1\t"AAS" 100 mg\n2\tsonda de 5"\n3\t"sin cerrar\n4\t"entera"\n'


def test_quotation_marks_in_a_table_of_tabs_may_be_plain(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "t.tsv", "\ufeffid\ttext\n" + PLAIN_QUOTES)
    assert [(d.id, d.text) for d in corpus.documents] == [
        tuple(line.split("\t")) for line in PLAIN_QUOTES.splitlines()
    ]
    corpus = corpus_of(tmp_path, "q.tsv", 'id\ttext\n1\t"AAS ""100""\tmg"\n2\tsonda de 5"\n')
    assert [d.text for d in corpus.documents] == ['AAS "100"\tmg', 'sonda de 5"']
    with pytest.raises(CorpusError, match=r"h\.tsv:2: is no CSV: "):
        corpus_of(tmp_path, "h.tsv", '"id"\t"text"\n' + PLAIN_QUOTES)
