import json
import shutil
from pathlib import Path

import pytest

from pharmaner.corpora.folder import write_folder
from pharmaner.decoding.temperature import read_temperature
from pharmaner.document import Document
from pharmaner.errors import CorpusError, ModelFolderError
from pharmaner.model_folder import open_model_folder
from pharmaner.storage import sha256
from pharmaner.tagger import Tagger, calibrate
from tests.cli.conftest import Cli


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "model")


@pytest.fixture
def half_wrong(small_corpus: list[Document]) -> list[Document]:
    """The small corpus without its proteins in every second document."""
    return [
        document.with_mentions(m for m in document.mentions if place % 2 or m.label != "PROTEIN")
        for place, document in enumerate(small_corpus)
    ]


def test_a_calibrated_folder_gives_the_same_mentions_with_other_scores(
    cli: Cli, model: Path, half_wrong: list[Document], tmp_path: Path
) -> None:
    before = Tagger.load(model).predict(half_wrong[0].text).mentions
    write_folder(half_wrong, tmp_path / "corpus")
    result = cli("calibrate", model, "--on", tmp_path / "corpus")
    assert result.code == 0
    kept = json.loads((model / "calibration.json").read_text())
    assert f"temperature {kept['temperature']:.3f}, fitted on 24 predicted" in result.err
    assert "after: expected calibration error" in result.err
    opened = open_model_folder(model)
    assert read_temperature(opened) == kept["temperature"] > 1
    assert opened.manifest["files"]["calibration.json"] == sha256(model / "calibration.json")
    after = Tagger.load(model).predict(half_wrong[0].text).mentions
    assert [(m.spans, m.label) for m in after] == [(m.spans, m.label) for m in before]
    assert all(a.score < b.score for a, b in zip(after, before, strict=True))  # type: ignore[operator]
    assert Tagger.load(model, min_score=0.999).predict(half_wrong[0].text).mentions == ()


def test_calibrating_again_gives_the_same_temperature(
    model: Path, half_wrong: list[Document]
) -> None:
    first = calibrate(model, half_wrong)
    assert calibrate(model, half_wrong) == first


def test_a_calibration_of_something_else_is_refused(
    model: Path, half_wrong: list[Document]
) -> None:
    calibrate(model, half_wrong)
    for content in ("{", "[]", "{}", '{"temperature": 0}', '{"temperature": NaN}'):
        (model / "calibration.json").write_text(content)
        manifest = json.loads((model / "manifest.json").read_text())
        manifest["files"]["calibration.json"] = sha256(model / "calibration.json")
        (model / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ModelFolderError, match="temperature"):
            Tagger.load(model)


def test_what_cannot_be_fitted_leaves_the_folder_as_it_was(
    model: Path, small_corpus: list[Document]
) -> None:
    names = {path.name: sha256(path) for path in model.iterdir()}
    with pytest.raises(CorpusError, match="24 of 24 predicted mentions are right"):
        calibrate(model, small_corpus)
    assert {path.name: sha256(path) for path in model.iterdir()} == names
