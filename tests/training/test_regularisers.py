"""Layer-wise decay, weight averages and augmentation, as parts of a training."""

import shutil
from pathlib import Path

import pytest

from pharmaner.document import Document
from pharmaner.errors import EncoderError
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.text.pieces import NO_WORD
from pharmaner.training.epoch_examples import epoch_examples
from pharmaner.training.examples import NOT_LEARNED
from pharmaner.training.train import check_training, train
from tests.small_inputs import with_encoder
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
    shares = {"mention_replacement": 0.5, "word_masking": 0.3}
    augmentation = recipe.augmentation.model_copy(update=shares)
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


@pytest.mark.parametrize("part", ["mention_replacement", "word_masking"])
def test_an_augmented_epoch_follows_from_seed_and_epoch(
    small_corpus: list[Document], tiny_recipe: Recipe, tiny_bert: Path, part: str
) -> None:
    windower = Windower(encoder_tokenizer(tiny_bert), tiny_recipe.text)
    corpus = tiny_recipe.corpus.model_copy(update={"types": ["DRUG", "PROTEIN"]})
    plain = tiny_recipe.model_copy(update={"corpus": corpus})
    augmentation = plain.augmentation.model_copy(update={part: 0.5})
    recipe = plain.model_copy(update={"augmentation": augmentation})

    def pieces(recipe: Recipe, *epochs: int) -> list[list[int]]:
        examples, report = epoch_examples(small_corpus, windower, recipe, mask_id=4)
        assert report.mentions == 24
        found = [examples(epoch) for epoch in epochs][-1]
        return [example.input_ids.tolist() for example in found]

    assert pieces(recipe, 2, 5) == pieces(recipe, 5)
    assert pieces(recipe, 2) != pieces(recipe, 5)
    assert pieces(recipe, 2) != pieces(with_training(recipe, seed=1), 2)
    assert pieces(recipe, 2) != pieces(plain, 2)
    assert pieces(plain, 2) == pieces(plain, 5)


def test_all_that_is_read_is_learned(
    small_corpus: list[Document], tiny_recipe: Recipe, tiny_bert: Path
) -> None:
    section = tiny_recipe.text.model_copy(update={"window": 32, "context": 6})
    windower = Windower(encoder_tokenizer(tiny_bert), section)
    corpus = tiny_recipe.corpus.model_copy(update={"types": ["DRUG", "PROTEIN"]})
    text = "\n".join(document.text for document in small_corpus)
    recipe = tiny_recipe.model_copy(update={"corpus": corpus, "text": section})
    examples, _ = epoch_examples([Document("d", text)], windower, recipe)
    assert len(examples(0)) > 3
    for example in examples(0):
        inside = example.word_index != NO_WORD
        assert (example.labels[inside] != NOT_LEARNED).all()


def test_words_cannot_be_masked_without_a_mask_piece(
    small_corpus: list[Document], tiny_recipe: Recipe, tiny_bert: Path, tmp_path: Path
) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    for name in ("tokenizer_config.json", "tokenizer.json"):
        path = encoder / name
        path.write_text(path.read_text().replace("[MASK]", "[OTHER]").replace("mask_t", "other_t"))
    augmentation = tiny_recipe.augmentation.model_copy(update={"word_masking": 0.1})
    recipe = with_encoder(tiny_recipe, encoder).model_copy(update={"augmentation": augmentation})
    with pytest.raises(EncoderError, match="has no mask piece to hide words with"):
        check_training(recipe, small_corpus, [])
