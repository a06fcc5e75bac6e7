import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.errors import OutputError
from pharmaner.partial import is_in_place
from pharmaner.report.prediction_folder import PredictionFolder
from pharmaner.report.prediction_format import PredictionFormat
from pharmaner.storage import refuse_occupied, sha256, whole_folder, write_bytes, write_text


class InterruptionError(Exception):
    """Stands for whatever goes wrong inside a block."""


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_bytes_are_written_as_they_are_and_replace_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_bytes(target, b"a long first content")
    write_bytes(target, b"\x00\r\n\xff")
    assert target.read_bytes() == b"\x00\r\n\xff"
    assert listing(tmp_path) == ["file"]


@settings(deadline=None, max_examples=100)
@given(st.text())
def test_text_is_written_as_utf_8_without_newline_translation(
    tmp_path_factory: pytest.TempPathFactory, content: str
) -> None:
    target = tmp_path_factory.getbasetemp() / "text"
    write_text(target, content)
    assert target.read_bytes() == content.encode("utf-8")


def test_a_folder_is_on_the_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        events.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def moved(path: Path, target: Path) -> Path:
        events.append(f"-> {Path(target).name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", moved)
    with whole_folder(tmp_path / "out") as temporary:
        (temporary / "inner").mkdir()
        for name in ("weights", "inner/words"):
            (temporary / name).write_text(name)
    place = events.index("-> out")
    assert set(events[:place]) == {"weights", "inner", "words", temporary.name}
    assert events[place + 1 :] == [tmp_path.name]


def test_a_lone_surrogate_leaves_the_old_text(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "new \ud800")
    assert target.read_text() == "old"
    assert listing(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_bytes_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_bytes(target, b"new")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert listing(tmp_path) == ["file"]


def test_bytes_that_cannot_be_moved_into_place_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_bytes(tmp_path / "taken", b"new")
    assert listing(tmp_path) == ["taken"]


def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as folder:
        write_text(folder / "file", "x")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out" / "file").stat().st_mode & 0o777 == 0o644


def test_others_may_read_every_file_of_a_folder(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as folder:
        (folder / "deep").mkdir(mode=0o700)
        (folder / "deep" / "weights").touch(mode=0o600)
    modes = [path.stat().st_mode & 0o777 for path in sorted((tmp_path / "out").rglob("*"))]
    assert modes == [0o755, 0o644]


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "deeper" / "out"
    with whole_folder(target) as folder:
        (folder / "one").write_text("1")
        (folder / "sub").mkdir()
        (folder / "sub" / "two").write_text("2")
        assert not target.exists()
        assert folder.parent == target.parent
    assert listing(target) == ["one", "sub", "sub/two"]
    assert [path.name for path in target.parent.iterdir()] == ["out"]
    assert (target / "sub" / "two").read_text() == "2"


@pytest.mark.parametrize("error", [InterruptionError, KeyboardInterrupt, SystemExit])
def test_a_failure_inside_the_block_leaves_nothing_behind(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def fill() -> None:
        with whole_folder(tmp_path / "out") as folder:
            (folder / "sub").mkdir()
            (folder / "sub" / "file").write_text("half")
            raise error

    with pytest.raises(error):
        fill()
    assert listing(tmp_path) == []


def test_a_failing_write_inside_the_block_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    def fill() -> None:
        with whole_folder(target) as folder:
            (folder / "first").write_text("1")
            (folder / "absent" / "file").write_text("2")

    target = tmp_path / "out"
    with pytest.raises(OutputError) as caught:
        fill()
    assert str(caught.value) == f"{target}: cannot be written: No such file or directory"
    assert listing(tmp_path) == []


def test_a_place_taken_meanwhile_is_kept_as_it_is(tmp_path: Path) -> None:
    def fill() -> None:
        with whole_folder(target) as folder:
            (folder / "file").write_text("ours")
            target.mkdir()
            (target / "file").write_text("theirs")

    target = tmp_path / "out"
    with pytest.raises(OutputError) as caught:
        fill()
    assert str(caught.value) == f"{target}: cannot be written: Directory not empty"
    assert listing(tmp_path) == ["out", "out/file"]
    assert (target / "file").read_text() == "theirs"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out") as folder:
        (folder / "file").write_text("x")
    assert listing(tmp_path) == ["out", "out/file"]


def test_an_occupied_folder_is_refused_before_the_block_is_entered(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / ".hidden").write_text("old")
    entered = []
    with pytest.raises(OutputError) as caught, whole_folder(target):
        entered.append(True)
    assert str(caught.value) == f"{target}: the output folder is not empty; name a new one"
    assert not entered
    assert listing(tmp_path) == ["out", "out/.hidden"]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    for attempt in (lambda: refuse_occupied(target), lambda: whole_folder(target).__enter__()):
        with pytest.raises(OutputError) as caught:
            attempt()
        assert str(caught.value) == f"{target}: is a file; an output folder is accepted"
    assert target.read_text() == "old"


def test_a_parent_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    for target in (tmp_path / "file" / "out", tmp_path / "file" / "deep" / "out"):
        with pytest.raises(OutputError) as caught, whole_folder(target):
            pass
        message = str(caught.value)
        assert message.startswith(f"{target}: cannot be written: ")
        assert "\n" not in message
    assert listing(tmp_path) == ["file"]


def test_an_absent_or_empty_place_is_free(tmp_path: Path) -> None:
    refuse_occupied(tmp_path / "absent")
    refuse_occupied(tmp_path)
    assert listing(tmp_path) == []


def test_the_hash_is_the_published_one(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    content = os.urandom(3_000_001)
    (tmp_path / "large").write_bytes(content)
    assert sha256(tmp_path / "large") == hashlib.sha256(content).hexdigest()


def test_a_place_that_nothing_can_be_moved_to_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "dangling").symlink_to("absent")
    for place, reason in (
        (tmp_path / "link", "is a link or a mount point"),
        (tmp_path / "dangling", "is a link or a mount point"),
        (Path("/proc"), "is a link or a mount point"),
        (Path(), "names a folder that is there"),
        (tmp_path / "empty" / "..", "names a folder that is there"),
    ):
        for attempt in (
            lambda at: whole_folder(at).__enter__(),
            lambda at: is_in_place(at, False),
            lambda at: PredictionFolder(at, PredictionFormat.BRAT, {}, False),
        ):
            with pytest.raises(OutputError, match=reason):
                attempt(place)
    assert listing(tmp_path) == ["dangling", "empty", "link"]
