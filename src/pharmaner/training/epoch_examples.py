"""The examples of each epoch: always the same, or varied by augmentation."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from pharmaner.document import Document
from pharmaner.model_folder import scheme_of
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe
from pharmaner.text.alignment import AlignmentReport
from pharmaner.training.examples import Example, make_examples
from pharmaner.training.mention_replacement import MentionReplacement


def epoch_examples(
    documents: Sequence[Document], windower: Windower, recipe: Recipe
) -> tuple[Callable[[int], Sequence[Example]], AlignmentReport]:
    """The examples by epoch, counted from 0, and what the documents' own alignment lost.

    An augmented epoch follows from (seed, epoch) alone; its windows are cut anew.
    """
    scheme, seed = scheme_of(recipe), recipe.training.seed
    unaltered, report = make_examples(documents, windower, scheme)
    share = recipe.augmentation.mention_replacement
    if not share:
        return lambda epoch: unaltered, report
    replacement = MentionReplacement.of(documents, scheme.types, share)

    @lru_cache(maxsize=1)
    def examples(epoch: int) -> Sequence[Example]:
        seeds = ([seed, epoch, place] for place in range(len(documents)))
        altered = (
            replacement.apply(document, np.random.default_rng(document_seed))
            for document, document_seed in zip(documents, seeds, strict=True)
        )
        return make_examples(altered, windower, scheme)[0]

    return examples, report
