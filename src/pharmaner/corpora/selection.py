"""Which of a corpus's types a recipe learns."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pharmaner.document import Document
from pharmaner.errors import CorpusError, RecipeError
from pharmaner.recipe import CorpusSection, Recipe


def resolve_types(recipe: Recipe, documents: Iterable[Document]) -> Recipe:
    """The recipe with its types named: those given, or all that the training corpus holds.

    Raises:
        CorpusError: when the corpus holds no mention to learn from.
        RecipeError: when a named type does not occur in the corpus.
    """
    corpus = recipe.corpus
    found = {m.label for document in renamed(documents, corpus) for m in document.mentions}
    absent = sorted({*corpus.types, *corpus.auxiliary} - found)
    if absent:
        accepted = ", ".join(sorted(found)) or "none"
        raise RecipeError(f"corpus: {absent[0]} does not occur; the corpus holds {accepted}")
    types = corpus.types or sorted(found - {*corpus.ignore, *corpus.auxiliary})
    if not types:
        raise CorpusError("the training corpus holds no mention to learn from")
    return recipe.model_copy(update={"corpus": corpus.model_copy(update={"types": types})})


def check_map(documents: Iterable[Document], corpus: CorpusSection) -> None:
    """Check that every type that is renamed occurs.

    Raises:
        RecipeError: naming the first that does not, and those that do.
    """
    found = {mention.label for document in documents for mention in document.mentions}
    if absent := sorted(set(corpus.map) - found):
        accepted = ", ".join(sorted(found)) or "none"
        raise RecipeError(f"corpus.map: {absent[0]} does not occur; the corpora hold {accepted}")


def renamed(documents: Iterable[Document], corpus: CorpusSection) -> list[Document]:
    """The documents with their types renamed by ``map``."""
    if not corpus.map:
        return list(documents)
    return [
        replace(
            document,
            mentions=tuple(
                replace(m, label=corpus.map.get(m.label, m.label)) for m in document.mentions
            ),
        )
        for document in documents
    ]


def check_types_known(documents: Iterable[Document], corpus: CorpusSection) -> None:
    """Check that a model with this recipe knows every type of an annotated corpus.

    Raises:
        CorpusError: naming the first mention of another type, and the types that are known.
    """
    known = [*corpus.types, *corpus.auxiliary, *corpus.ignore]
    for document in documents:
        for mention in document.mentions:
            if mention.label not in known:
                raise CorpusError(
                    f"{document.id}: {mention.id or 'a mention'} is of type {mention.label!r}, "
                    f"which the model does not know; {', '.join(known)} are accepted"
                )


def only_types(documents: Iterable[Document], types: Sequence[str]) -> list[Document]:
    """The documents with the mentions of certain types alone."""
    return [d.with_mentions(m for m in d.mentions if m.label in types) for d in documents]
