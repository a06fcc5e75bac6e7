"""Everything that a training needs, checked before the first step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pharmaner.corpora.selection import (
    check_map,
    check_types_known,
    only_types,
    renamed,
    resolve_types,
)
from pharmaner.document import Document
from pharmaner.encoders.source import EncoderSource, find_encoder
from pharmaner.errors import CorpusError, EncoderError, RecipeError
from pharmaner.network.encoder_tokenizer import encoder_tokenizer, special_pieces
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.scoring.strict import corpus_hash, order_hash
from pharmaner.text.alignment import AlignmentReport
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.training.epoch_examples import epoch_examples
from pharmaner.training.examples import Example
from pharmaner.training.precision import resolve_precision


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a training learns from, is judged by and is bound to.

    ``dev`` has the mentions that count alone; ``begun_with`` is everything that the result depends
    on, as JSON.
    """

    recipe: Recipe
    source: EncoderSource
    tokenizer: PieceTokenizer
    windower: Windower
    learned: list[Document]
    examples: Callable[[int], Sequence[Example]]
    alignment: AlignmentReport
    dev: list[Document]
    begun_with: dict[str, Any]


def prepare(
    recipe: Recipe, train_documents: Sequence[Document], dev_documents: Sequence[Document]
) -> Prepared:
    """Resolve a recipe against its corpora and cut them into examples.

    Raises:
        InputError: for a recipe, corpus or encoder that cannot be used.
    """
    if not train_documents:
        raise CorpusError("there is no document to train on")
    check_map([*train_documents, *dev_documents], recipe.corpus)
    recipe = resolve_types(recipe, train_documents)
    learned = renamed(train_documents, recipe.corpus)
    judged = renamed(dev_documents, recipe.corpus)
    check_types_known([*learned, *judged], recipe.corpus)
    source = find_encoder(recipe.encoder.name, recipe.encoder.revision)
    tokenizer = encoder_tokenizer(source.location)
    windower = Windower(tokenizer, recipe.text)
    mask_id = special_pieces(source.location, tokenizer).get("mask_token")
    if recipe.augmentation.word_masking and mask_id is None:
        raise EncoderError(f"{source.location}: its tokenizer has no mask piece to hide words with")
    dev = only_types(judged, recipe.corpus.types)
    _check_dev(recipe, dev)
    examples, alignment = epoch_examples(learned, windower, recipe, mask_id)
    begun_with = {
        "recipe": recipe.model_dump(mode="json"),
        "train": corpus_hash(learned),
        "order": order_hash(learned),
        "dev": corpus_hash(judged) if judged else None,
        "encoder": source.content_hash,
        "precision": resolve_precision(recipe.training.precision),
    }
    return Prepared(
        recipe, source, tokenizer, windower, learned, examples, alignment, dev, begun_with
    )


def _check_dev(recipe: Recipe, dev: Sequence[Document]) -> None:
    """Refuse dev documents, with the types that count, by which no epoch could be judged.

    Raises:
        CorpusError: when they hold no mention.
        RecipeError: when the recipe waits for a better score and there are none.
    """
    if dev and not any(document.mentions for document in dev):
        raise CorpusError(
            f"the dev corpus holds no mention of {', '.join(recipe.corpus.types)}, so all epochs "
            "would score alike; a corpus with some, or none, is accepted"
        )
    if recipe.training.patience and not dev:
        raise RecipeError(
            f"training.patience: {recipe.training.patience} epochs without a better dev F1, but "
            "there is no dev corpus; 0 is accepted without one"
        )
