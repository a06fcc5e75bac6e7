import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pharmaner.corpora import download as module
from pharmaner.corpora.download import download
from pharmaner.errors import CorpusError
from tests.corpora.corpus_server import Served, serving

CONTENT = random.Random(0).randbytes(300_000)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(Served(CONTENT)) as running:
        yield running


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_tells_its_progress(served: Served, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    download(served.address, tmp_path / "f", lambda have, total: told.append((have, total)))
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert listing(tmp_path) == ["f"]
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_broken_connections_are_continued_where_they_broke(served: Served, tmp_path: Path) -> None:
    served.cuts = [100_000, 0, 70_000, 1]
    download(served.address, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    continued = ["bytes=100000-", "bytes=100000-", "bytes=170000-", "bytes=170001-"]
    assert served.ranges == [None, *continued]


def test_another_call_goes_on_with_what_is_there(served: Served, tmp_path: Path) -> None:
    served.cuts = [50_000] + [0] * module.ATTEMPTS
    with pytest.raises(CorpusError, match=r"the connection broke; 50000 bytes are kept, try again"):
        download(served.address, tmp_path / "f")
    assert listing(tmp_path) == ["f.part", "f.part.json"]
    served.cuts, served.ranges = [], []
    download(served.address, tmp_path / "f")
    assert served.ranges == ["bytes=50000-"]
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert listing(tmp_path) == ["f"]


@pytest.mark.parametrize("change", ["another version", "no ranges", "no validator"])
def test_what_cannot_be_continued_is_fetched_anew(
    served: Served, tmp_path: Path, change: str
) -> None:
    served.etag = "" if change == "no validator" else '"first"'
    served.cuts = [50_000] + [0] * module.ATTEMPTS
    with pytest.raises(CorpusError):
        download(served.address, tmp_path / "f")
    served.cuts = []
    if change == "another version":
        served.etag, served.content = '"second"', CONTENT[::-1][:200_000]
    served.honours_ranges = change != "no ranges"
    download(served.address, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == served.content


def test_a_part_that_is_whole_needs_no_byte_more(served: Served, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT)
    notes = '{"validator": "\\"first\\"", "total": 300000}'
    (tmp_path / "f.part.json").write_text(notes)
    download(served.address, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_part_of_unknown_origin_is_not_continued(served: Served, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(b"something else")
    (tmp_path / "f.part.json").write_text("{")
    download(served.address, tmp_path / "f")
    assert served.ranges == [None]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_that_refuses_is_named_with_its_reason(served: Served, tmp_path: Path) -> None:
    served.status = 404
    with pytest.raises(CorpusError) as caught:
        download(served.address, tmp_path / "f")
    assert str(caught.value) == f"{served.address}: the server says 404 Not Found"


def test_a_server_that_is_not_there(served: Served, tmp_path: Path) -> None:
    with serving(Served(b"")) as closed:
        address = closed.address
    with pytest.raises(CorpusError, match=r"Connection refused.*; 0 bytes are kept"):
        download(address, tmp_path / "f")


def test_more_than_is_accepted_is_refused(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_DOWNLOAD", 100_000)
    with pytest.raises(CorpusError, match="is larger than 100000 bytes"):
        download(served.address, tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_redirections_are_followed(served: Served, tmp_path: Path) -> None:
    with serving(Served(b"", redirect=served.address)) as other:
        download(other.address, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_https_is_not_left() -> None:
    from urllib.error import URLError
    from urllib.request import Request

    redirections = module._Redirections()
    secure = Request("https://a.example/f")
    for target in ("http://b.example/f", "ftp://b.example/f"):
        with pytest.raises(URLError, match="is redirected to"):
            redirections.redirect_request(secure, None, 302, "Found", {}, target)
    assert redirections.redirect_request(secure, None, 302, "Found", {}, "https://b.example/f")
