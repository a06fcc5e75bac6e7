import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from pharmaner.document import Document
from pharmaner.errors import RecipeError
from pharmaner.labels import Tagging
from pharmaner.recipe import Recipe, load_recipe
from pharmaner.scoring.strict import Scorer, score
from pharmaner.tagger import Tagger
from pharmaner.training.train import train
from tests.training.test_train import (
    InterruptAt,
    InterruptionError,
    assert_refused_without,
    assert_same_model,
)


@pytest.fixture(scope="module")
def crf_recipe(tiny_recipe: Recipe) -> Recipe:
    changes = {"epochs": 25, "learning_rate": 3e-3, "head_learning_rate": 3e-3}
    network = tiny_recipe.network.model_copy(update={"decoder": "crf", "tagging": Tagging.BIOES})
    training = tiny_recipe.training.model_copy(update=changes)
    return tiny_recipe.model_copy(update={"network": network, "training": training})


@pytest.fixture(scope="module")
def crf_model(
    crf_recipe: Recipe, small_corpus: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    output = tmp_path_factory.mktemp("crf") / "model"
    train(crf_recipe, small_corpus, small_corpus, output=output)
    return output


def test_a_crf_learns_and_scores_as_recorded(crf_model: Path, small_corpus: list[Document]) -> None:
    manifest = json.loads((crf_model / "manifest.json").read_text())
    predicted = [p.document for p in Tagger.load(crf_model).predict_documents(small_corpus)]
    reached = score(small_corpus, predicted, Scorer.PUBLIC)
    assert manifest["metrics"]["dev"] == reached.as_json()
    assert reached.micro.f1 > 0.9
    learned = json.loads((crf_model / "transitions.json").read_text())
    assert any(number for row in learned["scores"] for number in row)


def test_the_weights_are_a_plain_models_and_the_manifest_says_how_far_that_goes(
    crf_model: Path,
) -> None:
    manifest = json.loads((crf_model / "manifest.json").read_text())
    assert manifest["plain_transformers"] == "emissions_only"
    assert "transitions.json" in manifest["files"]
    names = load_file(crf_model / "model.safetensors")
    assert {name.partition(".")[0] for name in names} == {"bert", "classifier"}
    assert "give each piece's\nemissions" in (crf_model / "README.md").read_text()


def test_a_folder_without_its_transitions_is_refused(crf_model: Path) -> None:
    assert_refused_without(crf_model, "transitions.json")


def test_an_interrupted_crf_resumes_to_the_same_model(
    crf_recipe: Recipe, small_corpus: list[Document], tmp_path: Path
) -> None:
    training = crf_recipe.training.model_copy(update={"epochs": 2})
    recipe = crf_recipe.model_copy(update={"training": training})
    train(recipe, small_corpus, output=tmp_path / "whole")
    with pytest.raises(InterruptionError):
        train(recipe, small_corpus, output=tmp_path / "cut", listener=InterruptAt(7))
    train(recipe, small_corpus, output=tmp_path / "cut", resume=True)
    assert_same_model(tmp_path / "whole", tmp_path / "cut")
    one, other = (tmp_path / name / "transitions.json" for name in ("whole", "cut"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
@pytest.mark.parametrize("invisible", ["\ufeff", "\u00ad"])
def test_a_text_whose_words_have_no_pieces_is_no_obstacle(
    tiny_recipe: Recipe, small_corpus: list[Document], tmp_path: Path, decoder: str, invisible: str
) -> None:
    changes = {"epochs": 1, "batch_sequences": 1, "batch_pieces": 0}
    training = tiny_recipe.training.model_copy(update=changes)
    network = tiny_recipe.network.model_copy(update={"decoder": decoder})
    recipe = tiny_recipe.model_copy(update={"network": network, "training": training})
    documents = [*small_corpus, Document("invisible", invisible)]
    (record,) = train(recipe, documents, output=tmp_path / "m").history
    (without,) = train(recipe, small_corpus, output=tmp_path / "without").history
    assert record["step"] == without["step"]


def test_the_papers_scheme_has_no_crf() -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("paper-mbert", ["network.decoder=crf"])
    assert str(caught.value) == (
        "paper-mbert: network: decoder crf with tagging BIO+X, whose tags are pieces' and not "
        "words'; BIO and BIOES are accepted"
    )
