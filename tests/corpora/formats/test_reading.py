"""Files as people and tools write them, read by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from pharmaner.corpora.folder import Corpus
from pharmaner.corpora.formats.conversion import convert
from pharmaner.corpora.formats.guessing import guess_format
from pharmaner.corpora.formats.reading import read_corpus
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.errors import CorpusError

MENTION = {"start": 0, "end": 3, "label": "DRUG"}

Read = list[tuple[str, int, int, str]]


def corpus_of(tmp_path: Path, name: str, content: str | bytes) -> Corpus:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_corpus(path)


def mentions(document: Document) -> list[tuple[str, str]]:
    return [(m.label, document.text_of(m)) for m in document.mentions]


@pytest.mark.parametrize(
    "content",
    [
        "Das\tO\nWetter\tO\nin\tO\nBad\tB-ORT\nEms\tI-ORT\n.\tO\n\nMorgen\tB-ZEIT\nRegen\tO\n",
        "Das X O\nWetter X O\nin X O\nBad X B-ORT\nEms X E-ORT\n. X O\n\n\n"
        "Morgen X S-ZEIT\nRegen X O",
        "Das\tO\r\nWetter\tO\r\nin\tO\r\nBad\tI-ORT\r\nEms\tI-ORT\r\n.\tO\r\n\r\nMorgen\tU-ZEIT\r\n"
        "Regen\tO\r\n\r\n",
        "\ufeff# id 7\nDas  O\nWetter O\nin O\nBad B-ORT\nEms L-ORT\n. O\n \n"
        "Morgen I-ZEIT\nRegen O\n",
    ],
)
def test_conll_in_its_many_forms(content: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "wetter.bio", content)
    assert corpus.problems == ()
    (document,) = corpus.documents
    assert (document.id, document.text) == ("wetter", "Das Wetter in Bad Ems .\nMorgen Regen")
    assert mentions(document) == [("ORT", "Bad Ems"), ("ZEIT", "Morgen")]


def test_conll_documents_begin_at_docstart(tmp_path: Path) -> None:
    content = "-DOCSTART- -X- O O\n\na X O\n\n-DOCSTART- (the 2nd)\tO\n\n"
    content += "-DOCSTART-\nb B-X\nc B-X\nd I-Y\n"
    corpus = corpus_of(tmp_path, "c.conll", content)
    assert [(d.id, d.text) for d in corpus.documents] == [
        ("c-1", "a"),
        ("the 2nd", ""),
        ("c-3", "b c d"),
    ]
    assert mentions(corpus.documents[2]) == [("X", "b"), ("X", "c"), ("Y", "d")]


def test_a_sentence_end_ends_a_mention(tmp_path: Path) -> None:
    (document,) = corpus_of(tmp_path, "c.conll", "a\tB-X\n\nb\tI-X\n").documents
    assert mentions(document) == [("X", "a"), ("X", "b")]


def test_a_line_without_a_tag_is_reported(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "c.conll", "a O\nb PER\nalone\nc B-X\n")
    assert [(p.line, p.kind) for p in corpus.problems] == [
        (2, ProblemKind.MALFORMED),
        (3, ProblemKind.MALFORMED),
    ]


def test_pubtator_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    content = (
        "1|t|Lithium toxicity|x\n1|a|It is Li.\n1\t0\t7\tLithium\tChemical\tMESH:D1;MESH:D2\n"
        "1\t25\t27\tLi\tChemical\t-\n1\tCID\tD1\tD2\n1\t0\t7\tSodium\tChemical\tD1\n"
        "1\t0\t99\tx\tChemical\tD1\n2\t0\t1\tx\tChemical\n1\t0\n\n"
        "2|t|Only a title\n2\t0\t4\tOnly\tX\n"
    )
    corpus = corpus_of(tmp_path, "c.txt", content)
    one, two = corpus.documents
    assert (one.text, two.text) == ("Lithium toxicity|x\nIt is Li.", "Only a title")
    assert mentions(one) == [("Chemical", "Lithium"), ("Chemical", "Li"), ("Chemical", "Lithium")]
    assert [m.codes for m in one.mentions] == [("MESH:D1", "MESH:D2"), (), ("D1",)]
    assert one.mentions[2].quotation == "Sodium"
    assert [(p.line, p.kind) for p in corpus.problems] == [
        (5, ProblemKind.NOT_READ),
        (6, ProblemKind.MISMATCH),
        (7, ProblemKind.OUT_OF_RANGE),
        (8, ProblemKind.MALFORMED),
        (9, ProblemKind.MALFORMED),
    ]


BIOC = """<?xml version='1.0' encoding='latin-1'?><!DOCTYPE collection SYSTEM "BioC.dtd">
<collection><source>PubTator</source><document><id>9</id>
<passage><infon key="type">title</infon><offset>0</offset><text>Ácido úrico</text>
<annotation id="1"><infon key="type">Chemical</infon><infon key="MESH">D014527</infon>
<location offset="0" length="11"/><text>Ácido úrico</text></annotation></passage>
<passage><offset>13</offset><sentence><offset>13</offset><text>Baja.</text></sentence>
<sentence><offset>19</offset><text>Li y Na</text>
<annotation id="2"><infon key="type">Chemical</infon><infon key="identifier">A;B</infon>
<location offset="24" length="2"/><location offset="19" length="2"/><text>Li Na</text></annotation>
</sentence></passage><relation id="R1"/></document></collection>"""


def test_bioc_passages_and_sentences_stand_where_their_offsets_say(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "c.xml", BIOC.encode("latin-1"))
    (document,) = corpus.documents
    assert document.text == "Ácido úrico\n\nBaja.\nLi y Na"
    assert document.mentions == (
        Mention((Span(0, 11),), "Chemical", "1", codes=("MESH:D014527",)),
        Mention((Span(19, 21), Span(24, 26)), "Chemical", "2", codes=("A", "B")),
    )
    assert [(p.kind, p.message) for p in corpus.problems] == [
        (ProblemKind.NOT_READ, "9: 1 relations are not read"),
        (ProblemKind.NOT_READ, "9: 1 infons of passages and sentences are not read"),
    ]


def test_bioc_passages_that_overlap_are_refused(tmp_path: Path) -> None:
    passages = [{"offset": 0, "text": "abc"}, {"offset": 2, "text": "d"}]
    for offset in (2, 10**12, "3", None):
        passages[1]["offset"] = offset  # type: ignore[assignment]
        content = json.dumps({"documents": [{"id": "1", "passages": passages}]})
        corpus = corpus_of(tmp_path, "c.json", content)
        assert corpus.documents == ()
        assert corpus.problems[0].kind is ProblemKind.MALFORMED
        assert "3 to 1000003 are accepted" in corpus.problems[0].message


def test_prodigy_reads_what_was_accepted(tmp_path: Path) -> None:
    records = [
        {"text": "Li y Na", "spans": [{"start": 0, "end": 2, "label": "X"}], "answer": "accept"},
        {"text": "Li", "spans": [], "answer": "reject"},
        {"text": "Na", "spans": None, "meta": {"source": "a"}, "relations": [{}]},
    ]
    corpus = corpus_of(tmp_path, "p.jsonl", "\n\n".join(map(json.dumps, records)))
    assert [d.text for d in corpus.documents] == ["Li y Na", "Na"]
    assert mentions(corpus.documents[0]) == [("X", "Li")]
    assert corpus.documents[1].metadata == {"source": "a"}
    assert [(p.line, p.kind) for p in corpus.problems] == [
        (3, ProblemKind.NOT_READ),
        (5, ProblemKind.NOT_READ),
    ]


@pytest.mark.parametrize("name", ["d.jsonl", "d.json"])
def test_doccano_in_both_its_shapes(name: str, tmp_path: Path) -> None:
    entity = {"id": 4, "label": "Y", "start_offset": 5, "end_offset": 7}
    records = [
        {"id": 1, "text": "Li y Na", "label": [[0, 2, "X"]], "ward": "3"},
        {"id": 2, "text": "Li y Na", "entities": [entity], "relations": [], "Comments": []},
    ]
    one, two = corpus_of(tmp_path, name, "\n".join(map(json.dumps, records))).documents
    assert (one.id, mentions(one), one.metadata) == ("1", [("X", "Li")], {"ward": "3"})
    assert (two.id, mentions(two), two.mentions[0].id) == ("2", [("Y", "Na")], "4")


def test_label_studio_reads_the_first_annotation_that_stands(tmp_path: Path) -> None:
    def result(start: int, end: int, label: str, **more: object) -> dict[str, object]:
        value = {"start": start, "end": end, "text": "Li", "labels": [label]}
        return {"id": "r1", "type": "labels", "value": value, **more}

    tasks = [
        {
            "id": 5,
            "data": {"text": "Li y Na", "ward": "3"},
            "annotations": [
                {"was_cancelled": True, "result": [result(5, 7, "Z")]},
                {"result": [result(0, 2, "X", meta={"text": ["sal"]}), {"type": "choices"}]},
                {"result": [result(5, 7, "Y")]},
            ],
        },
        {"data": {"text": "Li"}, "predictions": [{"result": [result(0, 2, "X", score=0.5)]}]},
    ]
    corpus = corpus_of(tmp_path, "l.json", json.dumps(tasks))
    one, two = corpus.documents
    assert (one.id, mentions(one), one.metadata) == ("5", [("X", "Li")], {"ward": "3"})
    assert [a.line for a in one.attachments] == ["#1\tAnnotatorNotes r1\tsal"]
    assert (two.id, two.mentions[0].score) == ("l-2", 0.5)
    assert [p.kind for p in corpus.problems] == [ProblemKind.NOT_READ] * 3


def test_our_lines_keep_unknown_keys_as_metadata(tmp_path: Path) -> None:
    record = {"text": "Li", "mentions": [{"start": 0, "end": 2, "label": "X", "text": "Na"}]}
    corpus = corpus_of(tmp_path, "o.jsonl", json.dumps(record | {"ward": 3}))
    (document,) = corpus.documents
    assert (document.id, document.metadata) == ("o-1", {"ward": 3})
    assert document.mentions[0].quotation == "Na"
    assert [p.kind for p in corpus.problems] == [ProblemKind.MISMATCH]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_whatever_separates_its_columns(delimiter: str, tmp_path: Path) -> None:
    rows = [["id", "text", "ward"], ["a", '"Toma ""Li"",\r\n5mg;"', "3"], ["", "Na", ""]]
    content = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    one, two = corpus_of(tmp_path, "t.csv", content).documents
    assert (one.id, one.text, one.metadata) == ("a", 'Toma "Li",\r\n5mg;', {"ward": "3"})
    assert (two.id, two.text, two.metadata) == ("t-2", "Na", {})


def test_a_second_document_of_one_id_is_a_problem(tmp_path: Path) -> None:
    record = json.dumps({"id": "a", "text": "x", "mentions": []})
    corpus = corpus_of(tmp_path, "o.jsonl", f"{record}\n{record}\n")
    assert len(corpus.documents) == 1
    assert [p.kind for p in corpus.problems] == [ProblemKind.DUPLICATE_DOCUMENT]


def test_a_folder_of_files_is_one_corpus(tmp_path: Path) -> None:
    for name in ("b.conll", "a.conll"):
        (tmp_path / name).write_text("x\tB-X\n")
    for name in ("readme.md", "README.txt"):
        (tmp_path / name).write_text("nothing")
    assert [d.id for d in read_corpus(tmp_path).documents] == ["a", "b"]
    (tmp_path / "c.csv").write_text("text\nx\n")
    with pytest.raises(CorpusError, match=r"holds \.conll, \.csv files; name one of them$"):
        read_corpus(tmp_path)
    (tmp_path / "README.ann").write_text("")
    assert [d.id for d in read_corpus(tmp_path).documents] == ["README"]


GUESSES = {
    "a.tsv": ("x\tB-X\n", "conll"),
    "b.tsv": ("id\ttext\n1\tx\n", "csv"),
    "c.txt": ("7|t|x\n", "pubtator"),
    "d.txt": ("-DOCSTART- -X- O O\n", "conll"),
    "e.json": ("\ufeff [\n]", "label-studio"),
    "f.json": ('{"source": "x",\n"documents": []}', "bioc-json"),
    "j.json": ('{"PubTator3": []}', "bioc-json"),
    "k.json": ('[{"source": "x", "documents": []}]', "bioc-json"),
    "l.json": ('[{"id": 1, "annotations": [], "data": {"text": "x"}}]', "label-studio"),
    "m.json": ('[{"broken"', "label-studio"),
    "g.jsonl": ('{"text": "x"}', "jsonl"),
    "h.jsonl": ('{"text": "x", "answer": "accept"}', "prodigy"),
    "i.XML": ("<collection/>", "bioc-xml"),
}


@pytest.mark.parametrize("name", GUESSES)
def test_a_format_is_guessed(name: str, tmp_path: Path) -> None:
    content, expected = GUESSES[name]
    (tmp_path / name).write_text(content)
    assert guess_format(tmp_path / name).name == expected


@pytest.mark.parametrize("content", ["", "Toma litio 5mg.\n", '{"a": 1}\n', "\x00\xff"])
def test_what_is_not_clear_is_refused(content: str, tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl", "a"):
        (tmp_path / name).write_text(content)
        with pytest.raises(CorpusError, match="its format is not clear; `pharmaner convert"):
            guess_format(tmp_path / name)


def bioc(*passages: dict[str, Any], **more: Any) -> str:
    return json.dumps({"documents": [{"id": "d", "passages": list(passages), **more}]})


def test_a_bioc_passage_with_an_empty_text_has_that_of_its_sentences(tmp_path: Path) -> None:
    sentence = {"offset": 2, "text": "abc def"}
    corpus = corpus_of(tmp_path, "d.json", bioc({"offset": 0, "text": "", "sentences": [sentence]}))
    assert [d.text for d in corpus.documents] == ["\n\nabc def"]


def test_a_bioc_infon_of_nothing_is_none(tmp_path: Path) -> None:
    annotation = {
        "infons": {"type": "DRUG", "identifier": None, "MESH": None},
        "locations": [{"offset": 0, "length": 3}],
    }
    passage = {"offset": 0, "text": "abc", "annotations": [annotation]}
    (document,) = corpus_of(tmp_path, "d.json", bioc(passage)).documents
    assert [mention.codes for mention in document.mentions] == [()]


def test_a_note_in_bioc_stays_with_its_mention(tmp_path: Path) -> None:
    mentions = (Mention.at(0, 1, "DRUG"), Mention((Span(2, 3),), "DRUG", "1"))
    note = Attachment("#1\tAnnotatorNotes 1\tof the second", 2)
    adapted, losses = FORMATS["bioc-json"].fit(Document("d", "a b", mentions, (note,)))
    FORMATS["bioc-json"].write([adapted], tmp_path / "d.json")
    (document,) = read_corpus(tmp_path / "d.json").documents
    assert losses == []
    (noted,) = [a.line for a in document.attachments]
    named = [m for m in document.mentions if f"AnnotatorNotes {m.id}\t" in noted]
    assert [document.text_of(m) for m in named] == ["b"]


@pytest.mark.parametrize(
    ("name", "record", "kind"),
    [
        ("a.jsonl", {"mentions": [MENTION | {"codes": [8094, 1.5]}]}, ProblemKind.NOT_READ),
        ("a.jsonl", {"mentions": [MENTION | {"spans": [[0, 3], {}]}]}, ProblemKind.MALFORMED),
        ("a.json", {"annotations": [{"was_cancelled": True}, {}]}, ProblemKind.NOT_READ),
        ("a.json", {"annotations": [{}], "predictions": [{}]}, ProblemKind.NOT_READ),
    ],
)
def test_nothing_is_left_out_in_silence(
    name: str, record: dict[str, Any], kind: ProblemKind, tmp_path: Path
) -> None:
    whole = {"id": "d", "text": "abc def", "data": {"text": "abc def"}} | record
    content = json.dumps([whole] if name == "a.json" else whole)
    corpus = corpus_of(tmp_path, name, content)
    assert [problem.kind for problem in corpus.problems] == [kind]


def test_numbers_are_codes_and_unknown_keys_of_prodigy_metadata(tmp_path: Path) -> None:
    record = {"id": "d", "text": "abc", "mentions": [MENTION | {"codes": [8094, "C1"]}]}
    (document,) = corpus_of(tmp_path, "a.jsonl", json.dumps(record)).documents
    assert document.mentions[0].codes == ("8094", "C1")
    task = {
        "text": "abc",
        "spans": [],
        "meta": {"a": 1},
        "ward": 7,
        "_task_hash": 5,
        "answer": "accept",
    }
    (document,) = corpus_of(tmp_path, "p.jsonl", json.dumps(task)).documents
    assert document.metadata == {"a": 1, "ward": 7}


def test_a_tsv_has_tabs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\nd,abc\n")
    convert(Source(tmp_path / "a.csv"), None, FORMATS["csv"], tmp_path / "b.tsv")
    assert (tmp_path / "b.tsv").read_text().splitlines()[1].split("\t")[:2] == ["d", "abc"]


@pytest.mark.parametrize("form", ["jsonl", "prodigy", "doccano", "label-studio"])
def test_an_id_of_null_is_none(form: str, tmp_path: Path) -> None:
    FORMATS[form].write([Document("d", "Li")], tmp_path / "t.json")
    content = (tmp_path / "t.json").read_text().replace('"id": "d"', '"id": null')
    (tmp_path / "t.json").write_text(content)
    assert [d.id for d in read_corpus(tmp_path / "t.json").documents] == ["t-1"]


def test_bioc_as_pubtator_3_and_pubmed_central_answer(tmp_path: Path) -> None:
    def answer(*names: str) -> list[dict[str, Any]]:
        annotation = {"infons": {"type": "DRUG"}, "locations": [{"offset": 5, "length": 5}]}
        passage = {"offset": 0, "text": "Toma litio", "annotations": [annotation]}
        return [{"id": name, "passages": [passage]} for name in names]

    one = corpus_of(tmp_path, "p.json", json.dumps({"PubTator3": answer("1", "2")}))
    collections = [{"infons": {}, "documents": answer("1")}, {"documents": answer("2")}]
    two = corpus_of(tmp_path, "c.json", json.dumps(collections))
    for corpus in (one, two):
        assert [(d.id, mentions(d)) for d in corpus.documents] == [
            ("1", [("DRUG", "litio")]),
            ("2", [("DRUG", "litio")]),
        ]
    with pytest.raises(CorpusError, match=r'holds no list "documents", so it is no BioC JSON$'):
        corpus_of(tmp_path, "d.json", json.dumps([*collections, {}]))


def test_files_of_a_format_in_sub_folders_are_counted(tmp_path: Path) -> None:
    (tmp_path / "notes" / "deeper").mkdir(parents=True)
    for name in ("a.jsonl", "deeper/b.jsonl", "deeper/.c.jsonl"):
        (tmp_path / "notes" / name).write_text('{"id": "x", "text": "litio", "mentions": []}\n')
    corpus = read_corpus(tmp_path / "notes")
    assert [d.id for d in corpus.documents] == ["x"]
    assert [(p.kind, str(p)) for p in corpus.problems] == [
        (ProblemKind.NOT_READ, "notes: 1 .jsonl files in sub-folders are not read")
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_a_conll_column_that_numbers_the_words_is_not_their_text(
    tmp_path: Path, first: int
) -> None:
    rows = [("Toma", "V", "O"), ("3", "N", "O"), ("litio", "N", "B-DRUG")]
    numbered = ["\t".join((str(n + first), *row)) for n, row in enumerate(rows)]
    content = "# text = Toma 3 litio\n" + "\n".join([*numbered, "", f"{first}\tSí\tX\tO\n"])
    (document,) = corpus_of(tmp_path, "a.conllu", content).documents
    assert document.text == "Toma 3 litio\nSí"
    assert [document.text_of(m) for m in document.mentions] == ["litio"]


def test_conll_tokens_that_happen_to_be_numbers_are_text(tmp_path: Path) -> None:
    rows = ["1 N O", "2 N O", "4 N O", "litio N B-DRUG", "", "1 N O"]
    (document,) = corpus_of(tmp_path, "a.conll", "\n".join(rows)).documents
    assert document.text == "1 2 4 litio\n1"


def test_bioc_infons_that_name_no_terminology_are_no_codes(tmp_path: Path) -> None:
    infons = {
        "type": "DRUG",
        "identifier": "A",
        "NCBI Gene": "7",
        "annotator": "ana",
        "valid": True,
    }
    annotation = {"infons": infons, "locations": [{"offset": 0, "length": 3}]}
    passage = {"offset": 0, "text": "abc", "annotations": [annotation]}
    corpus = corpus_of(tmp_path, "d.json", bioc(passage))
    assert [m.codes for d in corpus.documents for m in d.mentions] == [("A", "NCBI Gene:7")]
    assert [(p.kind, p.message) for p in corpus.problems] == [
        (ProblemKind.NOT_READ, 'd: infons "annotator, valid" of an annotation')
    ]
