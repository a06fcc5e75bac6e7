import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora import archive as module
from pharmaner.corpora.archive import unpack
from pharmaner.errors import CorpusError

Members = dict[str, bytes]


def archive_of(path: Path, members: Members, **changes: object) -> Path:
    """A zip archive; ``changes`` are set on each member before it is written."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in changes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return path


def refusal(archive: Path, folder: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        unpack(archive, folder)
    assert list(folder.iterdir()) == []
    return str(caught.value).removeprefix(f"{archive}: ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_files_come_out_as_they_went_in(tmp_path: Path, folder: Path) -> None:
    members = {"a/b/one.txt": b"1\r\n", "two.ann": b"", "ñ/á.txt": "µ".encode()}
    assert unpack(archive_of(tmp_path / "z", members), folder) == 3
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    assert found == members


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/x", "//server/x", "C:/x", "c:x", "a/..", "..", "\\\\server\\x\\y"],
)
def test_nothing_is_written_outside(tmp_path: Path, folder: Path, name: str) -> None:
    archive = archive_of(tmp_path / "z", {"good": b"1", name: b"2"})
    assert refusal(archive, folder).endswith("would be written outside of the folder")


def test_odd_members_are_refused(tmp_path: Path, folder: Path) -> None:
    for members, changes, reason in [
        ({"x": b"/etc/passwd"}, {"external_attr": (stat.S_IFLNK | 0o777) << 16}, "'x' is a link"),
        ({"a\\b": b"1"}, {}, "'a\\\\b' holds a backslash or NUL in its name"),
        ({"d/NUL": b"1"}, {}, "'d/NUL' is a name that Windows reserves"),
        ({"A": b"1", "a": b"2"}, {}, "'a' is there twice"),
    ]:
        archive = archive_of(tmp_path / "z", members, **changes)
        assert refusal(archive, folder) == reason


def test_an_encrypted_member_is_refused(tmp_path: Path, folder: Path) -> None:
    archive = archive_of(tmp_path / "z", {"x": b"1"})
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert refusal(archive, folder) == "'x' is encrypted"


def test_a_bomb_is_refused_before_a_byte_is_unpacked(tmp_path: Path, folder: Path) -> None:
    archive = archive_of(tmp_path / "z", {"bomb": bytes(10_000_000)})
    largest = module.HIGHEST_RATIO * archive.stat().st_size
    assert refusal(archive, folder) == (f"unpacks to 10000000 bytes; up to {largest} are accepted")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "z", {"bomb": bytes(1_000_000)})
    content = archive.read_bytes().replace(
        (1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    )
    archive.write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(CorpusError, match="is no zip archive that can be read"):
        unpack(archive, tmp_path / "out")
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) <= 10


def test_too_many_files_are_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 2)
    archive = archive_of(tmp_path / "z", dict.fromkeys("abc", b"1"))
    assert refusal(archive, folder) == "3 files; up to 2 are accepted"


def test_a_member_whose_name_begins_with_nul_is_refused(tmp_path: Path, folder: Path) -> None:
    archive = archive_of(tmp_path / "z", {"a": b"1"})
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\1\2") + 46] = 0
    archive.write_bytes(content)
    assert refusal(archive, folder) == "'' is no name of a file"


@settings(deadline=None, max_examples=200)
@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=4))
def test_any_damage_is_our_error_or_no_damage(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("damage")
    members = {"a/one.txt": b"uno dos tres " * 9, "a/one.ann": b"T1\tDRUG 0 3\tuno\n"}
    archive = archive_of(tmp_path / "z", members)
    content = bytearray(archive.read_bytes())
    for place, change in flips:
        content[place % len(content)] ^= change
    archive.write_bytes(content)
    (tmp_path / "out").mkdir()
    try:
        unpack(archive, tmp_path / "out")
    except (CorpusError, OSError):
        return
    inside = {path.resolve() for path in (tmp_path / "out").rglob("*")}
    assert all(path.is_relative_to((tmp_path / "out").resolve()) for path in inside)
    assert {path.read_bytes() for path in inside if path.is_file()} <= set(members.values())
