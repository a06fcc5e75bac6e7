"""pharmaner: named entities in clinical text by transfer learning.

The public names are loaded when first used; ``import pharmaner`` loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pharmaner.corpora.folder import read_folder as read_folder
    from pharmaner.corpora.folder import write_folder as write_folder
    from pharmaner.decoding.dictionary import read_dictionary as read_dictionary
    from pharmaner.document import Document as Document
    from pharmaner.document import Mention as Mention
    from pharmaner.document import Span as Span
    from pharmaner.recipe import Recipe as Recipe
    from pharmaner.recipe import load_recipe as load_recipe
    from pharmaner.scoring.strict import score as score
    from pharmaner.tagger import Tagger as Tagger
    from pharmaner.training.train import train as train

__version__ = "0.1.0"

_HOMES = {
    "Document": "pharmaner.document",
    "Mention": "pharmaner.document",
    "Span": "pharmaner.document",
    "Recipe": "pharmaner.recipe",
    "load_recipe": "pharmaner.recipe",
    "read_dictionary": "pharmaner.decoding.dictionary",
    "read_folder": "pharmaner.corpora.folder",
    "write_folder": "pharmaner.corpora.folder",
    "score": "pharmaner.scoring.strict",
    "Tagger": "pharmaner.tagger",
    "train": "pharmaner.training.train",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pharmaner' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
