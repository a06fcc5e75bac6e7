import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pharmaner.corpora import download
from pharmaner.corpora.catalogue import CATALOGUE, PHARMACONER, PublishedCorpus, find_corpus
from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.obtain import obtain
from pharmaner.errors import CorpusError, OutputError
from pharmaner.storage import sha256
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.corpora.corpus_server import Served, serving
from tests.corpora.test_archive import archive_of

MEMBERS = {
    "corpus/README.txt": b"invented",
    "corpus/train/d.txt": b"Toma litio",
    "corpus/train/d.ann": b"T1\tDRUG 5 10\tlitio\n",
    "corpus/dev/e.txt": b"Toma sodio",
    "corpus/dev/e.ann": b"",
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "brought").mkdir()
    return archive_of(tmp_path / "brought" / "x.zip", MEMBERS)


@pytest.fixture
def served(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(download, "PAUSE", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(Served(archive.read_bytes())) as running:
        yield running


@pytest.fixture
def corpus(served: Served) -> PublishedCorpus:
    return PublishedCorpus("test", "for a test", "CC0", "nobody", "nowhere", served.address)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_first_download_is_recorded_and_the_next_must_be_the_same(
    corpus: PublishedCorpus, served: Served, archive: Path, tmp_path: Path
) -> None:
    first = obtain(corpus, tmp_path / "a" / "out")
    assert (first.files, first.sha256, first.vouched_by) == (5, sha256(archive), "nobody")
    assert contents(first.folder) == MEMBERS
    assert {f.name: count for f, count in first.annotated.items()} == {"dev": 1, "train": 1}
    assert read_folder(first.folder / "corpus" / "train").documents[0].text == "Toma litio"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["out", "out.lock.json"]
    assert json.loads((tmp_path / "a" / "out.lock.json").read_text()) == {
        "corpus": "test",
        "address": served.address,
        "sha256": sha256(archive),
    }
    (tmp_path / "a" / "out").rename(tmp_path / "elsewhere")
    assert obtain(corpus, tmp_path / "a" / "out").vouched_by == "lock"
    (tmp_path / "a" / "out").rename(tmp_path / "elsewhere too")
    served.content = archive_of(tmp_path / "other.zip", {"x": b"1"}).read_bytes()
    with pytest.raises(CorpusError, match=r"has SHA-256 \w+; the lock vouches for \w+"):
        obtain(corpus, tmp_path / "a" / "out")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out.lock.json"]


def test_a_file_that_was_brought_needs_no_network(
    corpus: PublishedCorpus, served: Served, archive: Path, tmp_path: Path
) -> None:
    obtained = obtain(corpus, tmp_path / "out", from_file=archive)
    assert contents(obtained.folder) == MEMBERS
    assert served.ranges == []
    assert archive.is_file()


def test_a_broken_download_goes_on_at_the_next_call(
    corpus: PublishedCorpus, served: Served, tmp_path: Path
) -> None:
    served.cuts = [100] + [0] * download.ATTEMPTS
    with pytest.raises(CorpusError, match="100 bytes are kept"):
        obtain(corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    served.cuts, served.ranges = [], []
    assert contents(obtain(corpus, tmp_path / "out").folder) == MEMBERS
    assert served.ranges == ["bytes=100-"]


def test_a_pinned_hash_is_checked(corpus: PublishedCorpus, archive: Path, tmp_path: Path) -> None:
    def pinned(digest: str) -> PublishedCorpus:
        return PublishedCorpus("t", "", "", "", "", corpus.address, digest)

    with pytest.raises(CorpusError, match="the catalogue vouches for 00"):
        obtain(pinned("00"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert obtain(pinned(sha256(archive)), tmp_path / "out").vouched_by == "catalogue"


def test_what_is_there_is_kept_and_what_is_no_archive_is_refused(
    corpus: PublishedCorpus, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(OutputError, match="not empty"):
        obtain(corpus, tmp_path / "out", from_file=archive)
    with pytest.raises(CorpusError, match="cannot be read: No such file"):
        obtain(corpus, tmp_path / "new", from_file=tmp_path / "absent.zip")
    archive.write_bytes(b"PK no archive")
    with pytest.raises(CorpusError, match="is no zip archive that can be read"):
        obtain(corpus, tmp_path / "new", from_file=archive)
    assert not (tmp_path / "new").exists()
    (tmp_path / "new.lock.json").write_text("[]")
    with pytest.raises(CorpusError, match="is no lock file"):
        obtain(corpus, tmp_path / "new", from_file=archive)


def test_the_catalogue_holds_safe_addresses_and_a_licence() -> None:
    assert find_corpus("pharmaconer") is PHARMACONER
    for corpus in CATALOGUE.values():
        assert corpus.address.startswith("https://")
        assert corpus.licence
    with pytest.raises(CorpusError, match="pharmaconr: no such corpus; pharmaconer is accepted"):
        find_corpus("pharmaconr")


def test_the_licence_is_shown_and_must_be_accepted(
    cli: Cli,  # noqa: F811
    served: Served,
    corpus: PublishedCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(CATALOGUE, "test", corpus)
    arguments = ("corpus", "get", "test", "--output", tmp_path / "out")
    result = cli(*arguments)
    assert result.code == 2
    assert "licence: CC0" in result.err
    assert result.err.splitlines()[-1].startswith("error: corpus get: --accept-licence is needed")
    assert served.ranges == []
    result = cli(*arguments, "--accept-licence")
    assert result.code == 0, result.err
    assert contents(tmp_path / "out") == MEMBERS
    assert "nobody had verified this hash" in result.err
    assert f"{tmp_path / 'out' / 'corpus' / 'dev'}: 1 annotated documents" in result.err
    listed = cli("corpus", "list")
    assert listed.code == 0
    assert "pharmaconer" in listed.out


def test_a_zip_of_the_users_own_beside_the_output_stays(
    corpus: PublishedCorpus, tmp_path: Path
) -> None:
    (tmp_path / "out.zip").write_bytes(b"mine")
    assert contents(obtain(corpus, tmp_path / "out").folder) == MEMBERS
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
