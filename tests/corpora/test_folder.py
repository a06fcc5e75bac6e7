import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharmaner.corpora.folder import read_annotations_over, read_folder, read_text, write_folder
from pharmaner.corpora.formats.guessing import guess_format
from pharmaner.corpora.report import ProblemKind
from pharmaner.corpora.texts import name_texts
from pharmaner.document import Document, Mention
from pharmaner.errors import CorpusError, OutputError
from tests.conftest import SHARED, needs_shared

WriteCorpus = Callable[..., Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@needs_shared
@pytest.mark.parametrize(("part", "size"), [("train", 500), ("dev", 250)])
def test_the_official_corpus_is_written_back_byte_for_byte(
    part: str, size: int, tmp_path: Path
) -> None:
    source = SHARED / "data" / "pharmaconer" / part
    corpus = read_folder(source)
    write_folder(corpus.documents, tmp_path / "copy")
    assert len(corpus.documents) == size
    assert contents(tmp_path / "copy") == contents(source)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1))
@example(["\ufeffuno\r\ndos\rtres\n", "e\u0301 😀\u200b\t\u2028\x85\x00", ""])
def test_texts_come_back_byte_for_byte(texts: list[str]) -> None:
    documents = [
        Document(f"note-{n:03}", text, (Mention.at(0, len(text), "X"),) if text else ())
        for n, text in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "corpus"
        write_folder(documents, folder)
        for document in documents:
            assert (folder / f"{document.id}.txt").read_bytes() == document.text.encode()
        corpus = read_folder(folder)
    assert corpus.problems == ()
    assert [(d.id, d.text) for d in corpus.documents] == [(d.id, d.text) for d in documents]
    assert [[m.spans for m in d.mentions] for d in corpus.documents] == [
        [m.spans for m in d.mentions] for d in documents
    ]


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=60), st.binary(max_size=60) | st.binary(max_size=30).map(b"T1\tX ".__add__)
)
def test_any_bytes_are_read_or_reported(text: bytes, annotations: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "note.txt").write_bytes(text)
        (Path(root) / "note.ann").write_bytes(annotations)
        corpus = read_folder(Path(root))
    undecodable = {p.file for p in corpus.problems if p.kind is ProblemKind.UNDECODABLE}
    expected = set()
    for name, content in (("note.txt", text), ("note.ann", annotations)):
        if content.decode("utf-8", "replace").encode() != content:
            expected.add(name)
    assert undecodable == expected
    assert len(corpus.documents) == (0 if expected else 1)


def test_documents_come_sorted_and_names_keep_their_dots(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(**{"b.txt": ("b", ""), "a": ("a", ""), "b.2": ("c", ""), "Z": ("z", "")})
    (folder / "annotation.conf").write_text("[entities]")
    (folder / "inner").mkdir()
    (folder / "inner" / "c.txt").write_text("c")
    corpus = read_folder(folder)
    assert [d.id for d in corpus.documents] == ["Z", "a", "b.2", "b.txt"]
    assert [d.text for d in corpus.documents] == ["z", "a", "c", "b"]
    assert {problem.kind for problem in corpus.problems} == {ProblemKind.NOT_READ}


def test_files_without_their_partner_are_reported(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(a=("a", ""), b=("b", ""), c=("c", ""))
    (folder / "a.ann").unlink()
    (folder / "b.txt").unlink()
    corpus = read_folder(folder)
    assert [d.id for d in corpus.documents] == ["c"]
    assert [(p.file, p.line, p.kind) for p in corpus.problems] == [
        ("a.txt", 0, ProblemKind.MISSING_ANN),
        ("b.ann", 0, ProblemKind.MISSING_TXT),
    ]


def test_undecodable_files_are_reported_with_line_byte_and_position(
    write_corpus: WriteCorpus,
) -> None:
    folder = write_corpus(a=("", ""), b=("", ""))
    (folder / "a.txt").write_bytes("uno\ndós\n".encode() + b"tr\xe9s")
    (folder / "b.ann").write_bytes(b"T1\tX 0 1\t\xff")
    corpus = read_folder(folder)
    assert corpus.documents == ()
    assert [(p.file, p.line, p.kind) for p in corpus.problems] == [
        ("a.txt", 3, ProblemKind.UNDECODABLE),
        ("b.ann", 1, ProblemKind.UNDECODABLE),
    ]
    assert "0xe9" in corpus.problems[0].message
    assert "11" in corpus.problems[0].message


def test_a_folder_without_corpus_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere: no such folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(CorpusError, match=r"a\.txt: no such folder"):
        read_folder(tmp_path / "a.txt")
    empty = tmp_path / "empty"
    (empty / "train").mkdir(parents=True)
    with pytest.raises(CorpusError, match=r"empty: holds no \.txt and no \.ann files$"):
        read_folder(empty)
    (empty / "train" / "a.txt").write_text("a")
    with pytest.raises(CorpusError, match=r"its sub-folders train do$"):
        read_folder(empty)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    (tmp_path / "a.ann").write_text("")
    with pytest.raises(CorpusError, match=r"a\.txt: cannot be read"):
        read_folder(tmp_path)


def test_read_text_translates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfuno\r\ndos\rtres\n\xc2\x85")
    assert read_text(path) == "\ufeffuno\r\ndos\rtres\n\x85"


def test_read_text_says_where_a_text_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"uno\n\xe9")
    with pytest.raises(CorpusError) as caught:
        read_text(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert "0xe9" in str(caught.value)
    with pytest.raises(CorpusError, match=r"b\.txt: cannot be read"):
        read_text(tmp_path / "b.txt")


def test_an_occupied_folder_is_left_as_it_was(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(a=("a", ""))
    before = contents(folder)
    with pytest.raises(OutputError, match="not empty"):
        write_folder([Document("b", "b")], folder)
    assert contents(folder) == before


def test_a_failed_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    def documents() -> Iterator[Document]:
        yield Document("a", "a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_folder(documents(), tmp_path / "corpus")
    assert list(tmp_path.iterdir()) == []


GOLD = [Document("a", "el litio\r\n"), Document("b", "sodio"), Document("c", "zinc")]


def test_annotations_are_read_over_known_texts(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        a=(GOLD[0].text, "T1\tDRUG 3 8\tlitio\n"), b=("", "T1\tDRUG 0 5\tsodio\n")
    )
    (folder / "b.txt").unlink()
    corpus = read_annotations_over(folder, GOLD)
    assert corpus.problems == ()
    assert [(d.id, d.text) for d in corpus.documents] == [("a", "el litio\r\n"), ("b", "sodio")]
    assert [[d.text_of(m) for m in d.mentions] for d in corpus.documents] == [["litio"], ["sodio"]]


def test_a_system_that_annotated_nothing_in_a_known_text_is_absent(
    write_corpus: WriteCorpus,
) -> None:
    folder = write_corpus(a=(GOLD[0].text, ""), b=(GOLD[1].text, ""))
    (folder / "a.ann").unlink()
    corpus = read_annotations_over(folder, GOLD)
    assert [d.id for d in corpus.documents] == ["b"]
    assert corpus.problems == ()


def test_annotations_of_an_unknown_text_are_a_problem(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(a=(GOLD[0].text, ""), x=("x", ""), y=("y", ""))
    (folder / "x.txt").unlink()
    (folder / "y.ann").unlink()
    corpus = read_annotations_over(folder, GOLD)
    assert [d.id for d in corpus.documents] == ["a"]
    assert [(p.file, p.line, p.kind) for p in corpus.problems] == [
        ("x.ann", 0, ProblemKind.MISSING_TXT)
    ]


@pytest.mark.parametrize("text", ["el litio\n", "\ufeffel litio\r\n", "el litio\r\n "])
def test_a_text_that_differs_from_gold_is_refused(text: str, write_corpus: WriteCorpus) -> None:
    with pytest.raises(CorpusError, match=r"a\.txt: the text differs"):
        read_annotations_over(write_corpus(a=(text, "")), GOLD)


def test_problems_of_a_systems_lines_are_reported(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(b=("sodio", "T1\tDRUG 0 5\tlitio\nT2\tDRUG 3 9\tio\nhm\n"))
    (folder / "c.ann").write_bytes(b"\n\xff")
    corpus = read_annotations_over(folder, GOLD)
    assert [(p.file, p.line, p.kind) for p in corpus.problems] == [
        ("b.ann", 1, ProblemKind.MISMATCH),
        ("b.ann", 2, ProblemKind.OUT_OF_RANGE),
        ("b.ann", 3, ProblemKind.MALFORMED),
        ("c.ann", 2, ProblemKind.UNDECODABLE),
    ]
    assert [d.id for d in corpus.documents] == ["b"]


def test_the_case_of_a_suffix_means_nothing(tmp_path: Path) -> None:
    for name, content in (("a.TXT", "litio"), ("a.Ann", "T1\tDRUG 0 5\tlitio\n"), ("b.txt", "x")):
        (tmp_path / name).write_text(content)
    corpus = read_folder(tmp_path)
    assert [(d.id, d.text, len(d.mentions)) for d in corpus.documents] == [("a", "litio", 1)]
    assert [problem.kind for problem in corpus.problems] == [ProblemKind.MISSING_ANN]
    assert guess_format(tmp_path).name == "brat"
    assert [path.name for path in name_texts([tmp_path])] == ["a.TXT", "b.txt"]
    (tmp_path / "a.txt").write_text("other")
    with pytest.raises(CorpusError, match="has its name but for the case"):
        read_folder(tmp_path)
    with pytest.raises(CorpusError, match="a second text named 'a'"):
        name_texts([tmp_path])


def test_a_name_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    for suffix in (b".txt", b".ann"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/ni\xf1o" + suffix)).write_text("")
    corpus = read_folder(tmp_path)
    assert corpus.documents == ()
    assert [str(problem) for problem in corpus.problems] == ["ni\\udcf1o: its name is not UTF-8"]


def test_files_in_sub_folders_are_counted_and_hidden_files_are_none(tmp_path: Path) -> None:
    below = tmp_path / "notes" / "2025" / "may"
    below.mkdir(parents=True)
    for folder, name in (
        (below.parents[1], "a"),
        (below.parent, "b"),
        (below, "c"),
        (below, "._c"),
    ):
        (folder / f"{name}.txt").write_text("litio")
        (folder / f"{name}.ANN").write_text("T1\tDRUG 0 5\tlitio\n")
    (below.parents[1] / "._a.txt").write_bytes(b"\0\5\26\7")
    corpus = read_folder(below.parents[1])
    assert [d.id for d in corpus.documents] == ["a"]
    assert [(p.kind, str(p)) for p in corpus.problems] == [
        (ProblemKind.NOT_READ, "notes: 4 .ann and .txt files in sub-folders are not read")
    ]
    texts = name_texts([below.parents[1]])
    assert ([path.name for path in texts], texts.unread) == (["a.txt"], {below.parents[1]: 2})


def test_a_folder_whose_files_lie_deeper_says_where(tmp_path: Path) -> None:
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    (below / "a.TXT").write_text("litio")
    with pytest.raises(CorpusError, match=r"no \.ann files; its sub-folders one/two do"):
        read_folder(tmp_path)
