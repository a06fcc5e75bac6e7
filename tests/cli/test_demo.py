from pathlib import Path

import pytest

from pharmaner.cli import demo
from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document, Mention
from tests.cli.conftest import Cli

FILES = {"model/manifest.json", "brat/note.txt", "brat/note.ann", "note.html"}
OTHER = {"DRUG": "PROTEIN", "PROTEIN": "DRUG"}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_bert: Path) -> Path:
    """What takes the place of the sample in the package; the tiny encoder takes pharmaner-es's."""
    monkeypatch.setattr(demo, "DEMO_ENCODER", str(tiny_bert))
    monkeypatch.setattr(demo, "files", lambda package: tmp_path / package)
    return tmp_path / "pharmaner" / "sample"


@pytest.mark.parametrize("is_right", [True, False])
def test_the_demo_fails_when_its_tagger_is_worse_than_the_floor(
    cli: Cli, sample: Path, small_corpus: list[Document], tmp_path: Path, is_right: bool
) -> None:
    write_folder(small_corpus, sample / "train")
    write_folder(
        [document if is_right else with_types_swapped(document) for document in small_corpus],
        sample / "test",
    )
    (sample / "note.txt").write_text(small_corpus[0].text)
    result = cli("demo", "--output", tmp_path / "out")
    assert result.code == (0 if is_right else 1), result.err
    assert ("is under the floor of 80" in result.err) is not is_right
    assert ("YOUR_NOTE.txt" in result.err) is is_right
    assert {name for name in FILES if (tmp_path / "out" / name).is_file()} == FILES


def with_types_swapped(document: Document) -> Document:
    return document.with_mentions(
        Mention(mention.spans, OTHER[mention.label]) for mention in document.mentions
    )
