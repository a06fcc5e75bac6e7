"""Layer-wise decay, weight averages and augmentation, as parts of a training."""

from pathlib import Path

import pytest

from pharmaner.document import Document
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.training.epoch_examples import epoch_examples
from pharmaner.training.train import train
from tests.training.test_train import (
    InterruptAt,
    InterruptionError,
    assert_same_model,
    with_training,
)


@pytest.mark.usefixtures("checkpoint_at_each_step")
def test_an_interrupted_regularised_training_resumes_to_the_same_model(
    small_corpus: list[Document],
    tiny_recipe: Recipe,
    tmp_path: Path,
) -> None:
    recipe = with_training(tiny_recipe, ema_decay=0.9, layer_decay=0.7)
    augmentation = recipe.augmentation.model_copy(update={"mention_replacement": 0.5})
    recipe = recipe.model_copy(update={"augmentation": augmentation})
    train(recipe, small_corpus, output=tmp_path / "whole")
    with pytest.raises(InterruptionError):
        train(recipe, small_corpus, output=tmp_path / "cut", listener=InterruptAt(9))
    train(recipe, small_corpus, output=tmp_path / "cut", resume=True)
    assert_same_model(tmp_path / "whole", tmp_path / "cut")
    for change in ({"ema_decay": 0.0}, {"layer_decay": 1.0}):
        train(with_training(recipe, **change), small_corpus, output=tmp_path / next(iter(change)))
        with pytest.raises(AssertionError):
            assert_same_model(tmp_path / "whole", tmp_path / next(iter(change)))


def test_an_augmented_epoch_follows_from_seed_and_epoch(
    small_corpus: list[Document], tiny_recipe: Recipe, tiny_bert: Path
) -> None:
    windower = Windower(encoder_tokenizer(tiny_bert), tiny_recipe.text)
    corpus = tiny_recipe.corpus.model_copy(update={"types": ["DRUG", "PROTEIN"]})
    plain = tiny_recipe.model_copy(update={"corpus": corpus})
    augmentation = plain.augmentation.model_copy(update={"mention_replacement": 0.5})
    recipe = plain.model_copy(update={"augmentation": augmentation})

    def pieces(recipe: Recipe, *epochs: int) -> list[list[int]]:
        examples, report = epoch_examples(small_corpus, windower, recipe)
        assert report.mentions == 24
        found = [examples(epoch) for epoch in epochs][-1]
        return [example.input_ids.tolist() for example in found]

    assert pieces(recipe, 2, 5) == pieces(recipe, 5)
    assert pieces(recipe, 2) != pieces(recipe, 5)
    assert pieces(recipe, 2) != pieces(with_training(recipe, seed=1), 2)
    assert pieces(recipe, 2) != pieces(plain, 2)
    assert pieces(plain, 2) == pieces(plain, 5)
