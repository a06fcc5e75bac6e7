"""Uploaded files: what is read, and what is refused before it does harm."""

import contextlib
import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document
from pharmaner.server.refusal import RefusedError
from pharmaner.server.settings import Limits
from pharmaner.server.uploads import read_upload

LIMITS = Limits(unpacked_bytes=10_000_000, documents=5)


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, method
            archive.writestr(entry, content)
    return stream.getvalue()


def refusal(content: bytes, name: str = "notes.zip", limits: Limits = LIMITS) -> tuple[int, str]:
    with pytest.raises(RefusedError) as caught:
        read_upload(name, content, limits)
    return caught.value.status, caught.value.message


def test_a_text_is_read_byte_for_byte() -> None:
    text = "\ufeffUna\r\nnota 🙂"
    for name in ("nota.txt", "sala 3/nota.txt", "C:\\sala\\nota.TXT"):
        assert read_upload(name, text.encode(), LIMITS) == [Document("nota", text)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_in_its_order(method: int) -> None:
    members = [("b.txt", b"\xc3\xa1"), ("sala/", b""), ("sala/a.b.txt", b"x\r\n"), ("c.txt", b"")]
    beside = ("__MACOSX/sala/._a.b.txt", b"Mac OS X")
    expected = [Document("b", "á"), Document("a.b", "x\r\n"), Document("c", "")]
    assert read_upload("n.zip", packed(*members, beside, method=method), LIMITS) == expected


def test_nothing_but_folders_and_what_macos_adds_is_passed_over() -> None:
    other = packed(("__MACOSX/nota.txt", b"litio"))
    assert read_upload("n.zip", other, LIMITS) == [Document("nota", "litio")]
    assert refusal(packed(("nota.txt/", b"litio"))) == (400, "member 1 of the zip: is no .txt")
    assert refusal(packed(("a/", b""), ("a/-b.txt", b"")).replace(b"a/-b", b"a/\0b")) == (
        400,
        "member 1 of the zip: its name leaves the zip",
    )


def test_names_in_utf8_are_read_where_the_zip_does_not_say_so() -> None:
    """As macOS writes them; without the flag the standard means code page 437."""
    named = packed(("informé_ñ.txt", b""), ("plain.txt", b""))
    unsaid = bytearray(named)
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        unsaid[unsaid.index(signature) + flags + 1] &= ~8
    for content in (named, bytes(unsaid)):
        ids = [document.id for document in read_upload("n.zip", content, LIMITS)]
        assert ids == ["informé_ñ", "plain"]
    old = bytes(unsaid).replace("informé_ñ".encode(), b"inform\x82__\xa4_")
    assert read_upload("n.zip", old, LIMITS)[0].id == "informé__ñ_"


@pytest.mark.parametrize("name", ["nota.pdf", "nota", ".txt", "txt", ""])
def test_other_files_are_refused(name: str) -> None:
    assert refusal(b"", name)[0] == 415


def test_bytes_that_are_not_utf8_are_placed_and_not_quoted() -> None:
    message = "the byte at position 3 is not UTF-8"
    assert refusal(b"alb\xfamina", "a.txt") == (400, f"the file: {message}")
    content = packed(("a.txt", b"good"), ("b.txt", b"alb\xfamina"))
    assert refusal(content) == (400, f"member 2 of the zip: {message}")


@pytest.mark.parametrize(
    "name",
    ["../a.txt", "x/../../a.txt", "/etc/a.txt", "..\\a.txt", "C:/a.txt", "c:a.txt", "a\0.txt"],
)
def test_names_that_leave_the_zip_are_refused(name: str) -> None:
    assert refusal(packed((name, b"x"))) == (400, "member 1 of the zip: its name leaves the zip")


@pytest.mark.parametrize("name", ["a.ann", "inner.zip", "a.txt.exe", "txt"])
def test_members_of_other_kinds_are_refused(name: str) -> None:
    assert refusal(packed((name, b"x"))) == (400, "member 1 of the zip: is no .txt")


def test_two_members_of_one_name_are_refused() -> None:
    content = packed(("a/n.txt", b"x"), ("b/n.txt", b"y"))
    assert refusal(content) == (400, "member 2 of the zip: an earlier one has its name")


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(packed(("a.txt", b"x")))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + flags] |= 1
    assert refusal(bytes(content)) == (400, "member 1 of the zip: is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(method: int) -> None:
    assert refusal(packed(("a.txt", b"x"), method=method))[0] == 400


def test_too_many_members_are_refused() -> None:
    members = [(f"{number}.txt", b"x") for number in range(6)]
    assert refusal(packed(*members)) == (413, "6 documents; 5 are accepted")


def test_bombs_are_refused_by_ratio_and_by_size() -> None:
    bomb = packed(("a.txt", b"0" * 2_000_000))
    assert refusal(bomb)[0] == 413
    generous = Limits(unpacked_ratio=10_000, unpacked_bytes=3_000_000)
    assert len(read_upload("n.zip", bomb, generous)[0].text) == 2_000_000
    stored = packed(("a.txt", b"0" * 2_000_000), ("b.txt", b"0" * 2_000_000), method=0)
    assert refusal(stored, limits=generous) == (
        413,
        "unpacks to 4000000 bytes; of this zip 3000000 are accepted",
    )


def test_a_bomb_that_understates_its_size_is_not_unpacked() -> None:
    stated, real = 100, 100_000_000
    content = bytearray(packed(("a.txt", b"0" * real)))
    crc = struct.pack("<I", zlib.crc32(b"0" * stated))
    for signature, place in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        start = content.index(signature) + place
        content[start : start + 4] = crc
        content[start + 8 : start + 12] = struct.pack("<I", stated)
    tracemalloc.start()
    (document,) = read_upload("n.zip", bytes(content), LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert document.text == "0" * stated
    assert peak < 5_000_000


WHOLE = packed(("a.txt", b"Toma litio. " * 20), ("b.txt", "albúmina".encode()))


def test_a_member_whose_name_begins_with_nul_is_refused() -> None:
    content = bytearray(WHOLE)
    content[content.index(b"PK\1\2") + 46] = 0
    assert refusal(bytes(content)) == (400, "member 1 of the zip: its name leaves the zip")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1),
    st.integers(0, len(WHOLE)),
)
def test_a_damaged_zip_is_refused_or_read_but_never_fails(
    changes: list[tuple[int, int]], length: int
) -> None:
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    for candidate in (bytes(content), bytes(content[:length])):
        with contextlib.suppress(RefusedError):
            read_upload("n.zip", candidate, LIMITS)


def test_a_member_past_the_end_of_every_file() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "x")
        archive.infolist()[0].header_offset = 2**63 + 5
    assert refusal(stream.getvalue())[0] == 400


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("\ud800.txt", "the file: its name holds a lone surrogate"),
        (f"{'a' * 201}.txt", "the file: its name has 201 characters; 200 are accepted"),
    ],
)
def test_a_name_that_is_no_id_is_refused(name: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_upload(name, b"litio", Limits())
    assert (caught.value.status, caught.value.message) == (400, reason)
    assert read_upload(f"{'a' * 200}.txt", b"litio", Limits())[0].id == "a" * 200
