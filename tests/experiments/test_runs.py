"""A run that was stopped between training and clearing away; see also tests/cli/test_compare.py."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pharmaner.document import Document
from pharmaner.errors import OutputError
from pharmaner.experiments.compare import begin_or_resume_study
from pharmaner.experiments.runs import Run
from pharmaner.experiments.systems import System
from pharmaner.recipe import Recipe
from pharmaner.scoring.strict import Scorer, score
from tests.small_inputs import with_encoder


@pytest.fixture
def run(tmp_path: Path, tiny_recipe: Recipe) -> Run:
    system = System("tiny", "tiny", "default", tiny_recipe)
    return Run(system, 0, tmp_path / "runs" / "tiny" / "0")


def test_a_finished_model_is_predicted_with_and_not_trained_again(
    run: Run, trained: Path, small_corpus: list[Document]
) -> None:
    model = run.folder.with_name("0.model")
    shutil.copytree(trained, model)
    (run.folder.with_name("0.model.partial")).mkdir()
    assert not run.is_finished
    run.carry_out([], small_corpus, small_corpus)
    assert run.is_finished
    assert [path.name for path in run.folder.parent.iterdir()] == ["0"]
    predicted = run.result(small_corpus).predicted
    assert [document.id for document in predicted] == [document.id for document in small_corpus]
    assert score(small_corpus, predicted, Scorer.PUBLIC).micro.f1 == 1.0


def test_predictions_that_are_safe_are_kept_and_the_model_is_cleared_away(
    run: Run, trained: Path, small_corpus: list[Document]
) -> None:
    model = run.folder.with_name("0.model")
    shutil.copytree(trained, model)
    run.carry_out([], small_corpus, small_corpus)
    before = run.folder.stat().st_ino
    model.mkdir()  # half of it deleted
    assert not run.is_finished
    run.carry_out([], small_corpus, small_corpus)
    assert run.is_finished
    assert not model.exists()
    assert run.folder.stat().st_ino == before


def test_ids_and_types_that_are_no_names_of_files_are_kept(
    run: Run, trained: Path, small_corpus: list[Document]
) -> None:
    shutil.copytree(trained, run.folder.with_name("0.model"))
    named = [replace(document, id=f"PMC/{document.id}") for document in small_corpus]
    run.carry_out([], named, named)
    assert score(named, run.result(named).predicted, Scorer.PUBLIC).micro.f1 == 1.0


def test_corpora_in_another_order_or_another_encoder_are_another_comparison(
    tiny_recipe: Recipe, tiny_bert: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    system = System("tiny", "encoder", "default", with_encoder(tiny_recipe, encoder))

    def begin(learned: list[Document]) -> None:
        begin_or_resume_study(tmp_path / "out", [system], [0], learned, small_corpus)

    begin(small_corpus)
    begin(small_corpus)
    with pytest.raises(OutputError, match=r"other settings \(order changed"):
        begin(small_corpus[::-1])
    (encoder / "more.txt").touch()
    with pytest.raises(OutputError, match=r"other settings \(encoders\.tiny changed"):
        begin(small_corpus)


def test_a_run_that_fails_keeps_its_reason_and_is_not_tried_again(
    run: Run, small_corpus: list[Document]
) -> None:
    for _ in range(2):
        run.carry_out([], small_corpus, small_corpus)
        assert run.is_finished
        assert run.failure == "there is no document to train on"
        assert [path.name for path in run.folder.parent.iterdir()] == ["0"]
