import io
import os
import sys
from pathlib import Path

import pytest

from pharmaner.corpora.texts import name_texts
from pharmaner.errors import CorpusError


def written(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_bytes(text.encode())
    return folder


def test_texts_come_in_the_order_of_inputs_and_names_as_they_are_in_the_file(
    tmp_path: Path,
) -> None:
    folder = written(tmp_path / "b", nota="uno\r\n", acta="\ufeffdos", Zeta="")
    (folder / "other.ann").touch()
    single = written(tmp_path / "a", solo="tres") / "solo.txt"
    texts = name_texts([folder, single])
    assert len(texts) == 4
    assert [(d.id, d.text) for d in texts.documents()] == [
        ("Zeta", ""),
        ("acta", "\ufeffdos"),
        ("nota", "uno\r\n"),
        ("solo", "tres"),
    ]


def test_texts_are_read_one_by_one(tmp_path: Path) -> None:
    folder = written(tmp_path / "f", a="uno", b="dos")
    documents = name_texts([folder]).documents()
    assert next(documents).text == "uno"
    (folder / "b.txt").write_text("changed meanwhile")
    assert next(documents).text == "changed meanwhile"


def test_texts_that_cannot_be_read_are_reported_and_left_out(tmp_path: Path) -> None:
    folder = written(tmp_path / "f", a="uno", gone="x", z="dos")
    (folder / "bad.txt").write_bytes(b"alb\xfamina")
    (folder / "dir.txt").mkdir()
    os.mkfifo(folder / "fifo.txt")
    (folder / ("l" * 252)).write_text("x")
    Path(os.fsdecode(os.fsencode(folder) + b"/n\xfam.txt")).write_text("x")
    texts = name_texts([folder, folder / ("l" * 252)])
    (folder / "gone.txt").unlink()
    failed: list[str] = []
    found = [d.id for d in texts.documents(on_failure=lambda _, error: failed.append(str(error)))]
    assert found == ["a", "z"]
    assert failed == [
        f"{folder}/bad.txt:1: byte 0xfa at position 3 is not UTF-8",
        f"{folder}/dir.txt: cannot be read: Is a directory",
        f"{folder}/fifo.txt: is no plain file",
        f"{folder}/gone.txt: cannot be read: No such file or directory",
        f"'{folder}/n\\udcfam.txt': its name is not UTF-8",
        f"{folder}/{'l' * 252}: its name without .txt is over 251 bytes, too long for a .txt",
    ]
    with pytest.raises(CorpusError, match="not UTF-8"):
        list(texts.documents())


def test_going_on_passes_over_what_was_read(tmp_path: Path) -> None:
    folders = [written(tmp_path / "f", a="1", c="3", b="2"), written(tmp_path / "g", d="4")]
    texts = name_texts(folders)
    names = [document.id for document in texts.documents()]
    for place in range(len(texts)):
        after = texts.place_after(names[place])
        assert [d.id for d in texts.documents(after)] == names[place + 1 :]
    assert texts.place_after(None) == 0


def test_what_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "f", a="1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="no such file"):
        name_texts([folder, tmp_path / "absent.txt"])
    with pytest.raises(CorpusError, match=r"holds no \.txt files"):
        name_texts([tmp_path / "empty"])
    with pytest.raises(CorpusError, match="a second text named 'a'"):
        name_texts([folder, folder / "a.txt"])


def test_the_signature_follows_from_names_contents_and_encoding(tmp_path: Path) -> None:
    folder = written(tmp_path / "f", a="uno", b="dos")
    before = name_texts([folder]).signature
    assert name_texts([folder]).signature == before
    assert name_texts([folder], "cp1252").signature != before
    changed = name_texts([written(folder, a="otro")]).signature
    assert changed != before
    assert name_texts([written(folder, c="tres")]).signature != changed


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_is_read_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, "Alb\u00famina\r\n".encode())
    texts = name_texts([Path("-")])
    monkeypatch.setattr(sys, "stdin", None)
    assert [(d.id, d.text) for d in texts.documents()] == [("stdin", "Alb\u00famina\r\n")]
    with pytest.raises(CorpusError, match=r"^standard input: is closed$"):
        name_texts([Path("-")])
    standard_input(monkeypatch, b"alb\xfamina")
    other = name_texts([Path("-")])
    assert other.signature != texts.signature
    with pytest.raises(CorpusError, match=r"^standard input: byte 0xfa at position 3 is not"):
        list(other.documents())
    standard_input(monkeypatch, b"alb\xfamina")
    assert [d.text for d in name_texts([Path("-")], "cp1252").documents()] == ["alb\u00famina"]


def test_a_name_or_a_content_that_is_no_text_is_one_failure_among_many(tmp_path: Path) -> None:
    folder = written(tmp_path / "f", a="uno", z="dos")
    (folder / "..txt").write_text("x")
    (folder / "...txt").write_text("x")
    (folder / "odd.txt").write_text(r"\ud800")
    failed: list[str] = []
    texts = name_texts([folder / "...txt", folder / "..txt", folder], "unicode_escape")
    found = [d.id for d in texts.documents(on_failure=lambda _, error: failed.append(str(error)))]
    assert found == ["a", "z"]
    assert [reason.rpartition(": ")[0] for reason in failed[:2]] == [
        f"{folder}/...txt",
        f"{folder}/..txt",
    ]
    assert failed[2].startswith(f"{folder}/odd.txt: odd: lone surrogate")
