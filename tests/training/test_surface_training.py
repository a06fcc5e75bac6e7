"""A training with surface features: they are kept with the model and count wherever it predicts."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from pharmaner.document import Document
from pharmaner.errors import RecipeError
from pharmaner.export.export import export_model
from pharmaner.model_folder import open_model_folder
from pharmaner.recipe import Recipe, SurfaceSection, load_recipe
from pharmaner.scoring.strict import Scorer, score
from pharmaner.surface.scorer import read_surface
from pharmaner.tagger import Tagger
from pharmaner.text.words import split_words
from pharmaner.training import train as train_module
from pharmaner.training.train import train
from tests.small_inputs import with_encoder
from tests.training.test_train import (
    InterruptAt,
    InterruptionError,
    assert_refused_without,
    assert_same_model,
)


@pytest.fixture(scope="module", params=["softmax", "crf"])
def recipe(tiny_recipe: Recipe, request: pytest.FixtureRequest) -> Recipe:
    """Too few epochs to learn anything, so that what is found is found by its looks."""
    network = tiny_recipe.network.model_copy(update={"decoder": request.param})
    training = tiny_recipe.training.model_copy(update={"epochs": 2})
    surface = SurfaceSection(weight=1.5)
    changes = {"network": network, "training": training, "surface": surface}
    return tiny_recipe.model_copy(update=changes)


@pytest.fixture(scope="module")
def model(
    recipe: Recipe, small_corpus: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    output = tmp_path_factory.mktemp("surface") / "model"
    train(recipe, small_corpus, small_corpus, output=output)
    return output


def predicted(folder: Path, documents: list[Document]) -> list[Document]:
    return [p.document for p in Tagger.load(folder).predict_documents(documents)]


def test_they_are_kept_and_count_as_recorded(model: Path, small_corpus: list[Document]) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    reached = score(small_corpus, predicted(model, small_corpus), Scorer.PUBLIC)
    assert manifest["metrics"]["dev"] == reached.as_json()
    assert reached.micro.f1 > 0.9
    assert manifest["plain_transformers"] == "emissions_only"
    assert "surface.safetensors" in manifest["files"]


def test_emissions_are_the_networks_and_the_weighted_ones_of_the_surface(
    model: Path, recipe: Recipe, small_corpus: list[Document]
) -> None:
    tagger = Tagger.load(model)
    document = small_corpus[0]
    (joint,) = tagger._predictor.emissions([document])
    surface = read_surface(model / "surface.safetensors", tagger._predictor.scheme, 1.5)
    tagger._predictor.surface = None
    (alone,) = tagger._predictor.emissions([document])
    added = surface.emissions(document.text, split_words(document.text))
    difference = joint.scores - alone.scores - added
    assert np.ptp(difference, axis=1) == pytest.approx(np.zeros(len(difference)), abs=1e-9)
    assert np.abs(added).max() > 0.5


def test_an_export_finds_the_same(
    model: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    export_model(model, tmp_path / "onnx", labelled=small_corpus)
    spans = [
        [[(m.spans, m.label) for m in document.mentions] for document in documents]
        for documents in (
            predicted(model, small_corpus),
            predicted(tmp_path / "onnx", small_corpus),
        )
    ]
    assert spans[0] == spans[1]
    assert any(spans[0])


def test_a_resumed_training_does_not_fit_them_again(
    recipe: Recipe,
    model: Path,
    small_corpus: list[Document],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = tmp_path / "model"
    with pytest.raises(InterruptionError):
        train(recipe, small_corpus, small_corpus, output=output, listener=InterruptAt(2))
    monkeypatch.delattr(train_module, "fit_surface")
    train(recipe, small_corpus, small_corpus, output=output, resume=True)
    assert_same_model(output, model)
    surface = [(folder / "surface.safetensors").read_bytes() for folder in (output, model)]
    assert surface[0] == surface[1]


@pytest.mark.parametrize("is_exported", [False, True])
def test_a_further_training_begins_from_those_of_its_start(
    model: Path,
    recipe: Recipe,
    small_corpus: list[Document],
    tmp_path: Path,
    is_exported: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The new document has one type of the start's, and one name that the start knows."""
    begun_from = model
    if is_exported:
        begun_from = tmp_path / "onnx"
        export_model(model, begun_from, labelled=small_corpus)
    source = small_corpus[0]
    few = [source.with_mentions([source.mentions[0]])]
    train(with_encoder(recipe, begun_from), few, output=tmp_path / "further")
    assert not [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    tags = open_model_folder(model).scheme.tags
    scheme = open_model_folder(tmp_path / "further").scheme
    columns = [tags.index(tag) for tag in scheme.tags]
    assert len(columns) < len(tags)
    before = read_surface(model / "surface.safetensors", open_model_folder(model).scheme, 1.0)
    after = read_surface(tmp_path / "further" / "surface.safetensors", scheme, 1.0)
    is_same = (before.table[:, columns] == after.table).all(axis=1)
    is_known = before.table.any(axis=1)
    assert 0.1 < is_same[is_known].mean() < 1


def test_they_begin_anew_where_a_type_is_new(
    model: Path, recipe: Recipe, small_corpus: list[Document], tmp_path: Path
) -> None:
    old = small_corpus[0].mentions[0].label
    corpus = recipe.corpus.model_copy(update={"map": {old: "NEW"}})
    for name, each in {"further": with_encoder(recipe, model), "anew": recipe}.items():
        chosen = each.model_copy(update={"corpus": corpus})
        train(chosen, small_corpus, output=tmp_path / name)
    further, anew = (
        (tmp_path / name / "surface.safetensors").read_bytes() for name in ("further", "anew")
    )
    assert further == anew


def test_a_folder_without_them_is_refused(model: Path) -> None:
    assert_refused_without(model, "surface.safetensors")


def test_the_papers_scheme_has_none() -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("paper-mbert", ["surface.weight=1.0"])
    assert "surface.weight 1 with tagging BIO+X" in str(error.value)
