"""The examples of each epoch: always the same, or varied by augmentation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from pharmaner.document import Document
from pharmaner.errors import CorpusError
from pharmaner.model_folder import scheme_of
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.text.alignment import AlignmentReport
from pharmaner.training.examples import Example, make_examples
from pharmaner.training.mention_replacement import MentionReplacement
from pharmaner.training.word_masking import mask_words


def epoch_examples(
    documents: Sequence[Document], windower: Windower, recipe: Recipe, mask_id: int | None = None
) -> tuple[Callable[[int], Sequence[Example]], AlignmentReport]:
    """The examples by epoch, counted from 0, and what the documents' own alignment lost.

    Windows are cut without context, of which nothing would be learned. An augmented epoch follows
    from (seed, epoch) alone.

    Args:
        documents: what is learned from.
        windower: cuts them.
        recipe: says how they are varied.
        mask_id: the vocabulary index of the mask piece; without it no word can be masked.

    Raises:
        CorpusError: when the documents hold no word that has pieces.
    """
    scheme, augmentation = scheme_of(recipe), recipe.augmentation
    windower = replace(windower, text=windower.text.model_copy(update={"context": 0}))
    unaltered, report = make_examples(documents, windower, scheme)
    if not unaltered:
        raise CorpusError("the training corpus holds no word that the encoder has pieces for")
    share = augmentation.mention_replacement
    if not (share or augmentation.word_masking):
        return lambda epoch: unaltered, report
    replacement = MentionReplacement.of(documents, scheme.types, share)

    def randoms(epoch: int, number: int) -> Sequence[np.random.Generator]:
        seed = recipe.training.seed
        return [np.random.default_rng([seed, epoch, place]) for place in range(number)]

    @lru_cache(maxsize=1)
    def examples(epoch: int) -> Sequence[Example]:
        varied: Sequence[Example] = unaltered
        if share:
            pairs = zip(documents, randoms(epoch, len(documents)), strict=True)
            altered = (replacement.apply(document, random) for document, random in pairs)
            varied = make_examples(altered, windower, scheme)[0]
        if augmentation.word_masking and mask_id is not None:
            masks = zip(varied, randoms(epoch, len(varied)), strict=True)
            hidden = augmentation.word_masking
            varied = [mask_words(example, hidden, mask_id, random) for example, random in masks]
        return varied

    return examples, report
