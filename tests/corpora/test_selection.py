import pytest

from pharmaner.corpora.selection import (
    check_map,
    check_types_known,
    only_types,
    renamed,
    resolve_types,
)
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.errors import CorpusError, RecipeError
from pharmaner.recipe import CorpusSection, Recipe, load_recipe

DOCUMENTS = [
    Document(
        "a",
        "litio y sodio",
        (
            Mention((Span(0, 5),), "DRUG", "T1"),
            Mention((Span(6, 7),), "UNCLEAR", "T2"),
            Mention((Span(8, 13),), "PROTEIN", "T3", quotation="sodi"),
        ),
        (Attachment("#1\tAnnotatorNotes T1\tsal", 1),),
    ),
    Document("b", "zinc", (Mention.at(0, 4, "DRUG"),)),
]


def recipe(*settings: str) -> Recipe:
    return load_recipe("default", [*settings, "encoder.name='x'"])


def test_without_types_all_but_the_ignored_are_learned_in_order() -> None:
    resolved = resolve_types(recipe(), DOCUMENTS)
    assert resolved.corpus.types == ["DRUG", "PROTEIN"]
    assert resolved.corpus.ignore == ["UNCLEAR"]


def test_auxiliary_types_are_not_among_the_learned() -> None:
    settings = ["corpus.ignore=[]", "corpus.auxiliary=['PROTEIN']"]
    assert resolve_types(recipe(*settings), DOCUMENTS).corpus.types == ["DRUG", "UNCLEAR"]


def test_named_types_keep_their_order() -> None:
    chosen = recipe("corpus.types=['PROTEIN', 'DRUG']")
    assert resolve_types(chosen, DOCUMENTS) == chosen


def test_types_are_those_after_renaming() -> None:
    chosen = recipe("corpus.map={DRUG='MED', PROTEIN='MED'}")
    assert resolve_types(chosen, DOCUMENTS).corpus.types == ["MED"]
    with pytest.raises(RecipeError, match="DRUG does not occur; the corpus holds MED, UNCLEAR"):
        resolve_types(
            recipe("corpus.types=['DRUG']", "corpus.map={DRUG='MED', PROTEIN='MED'}"), DOCUMENTS
        )


@pytest.mark.parametrize("role", ["types", "auxiliary"])
def test_a_type_that_does_not_occur_is_refused(role: str) -> None:
    with pytest.raises(
        RecipeError, match="GENE does not occur; the corpus holds DRUG, PROTEIN, UN"
    ):
        resolve_types(recipe(f"corpus.{role}=['GENE']"), DOCUMENTS)


def test_a_type_sought_in_an_empty_corpus_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^corpus: GENE does not occur; the corpus holds none$"):
        resolve_types(recipe("corpus.types=['GENE']"), [Document("a", "a")])


@pytest.mark.parametrize("documents", [[], [Document("a", "a")], [DOCUMENTS[1]]])
def test_a_corpus_without_mentions_to_learn_is_refused(documents: list[Document]) -> None:
    with pytest.raises(CorpusError, match="no mention to learn from"):
        resolve_types(recipe("corpus.ignore=['DRUG']"), documents)


def test_renaming_changes_types_alone() -> None:
    first, second = renamed(DOCUMENTS, CorpusSection(map={"DRUG": "PROTEIN", "PROTEIN": "DRUG"}))
    assert [m.label for m in first.mentions] == ["PROTEIN", "UNCLEAR", "DRUG"]
    assert [m.label for m in second.mentions] == ["PROTEIN"]
    assert [(m.spans, m.id, m.quotation) for m in first.mentions] == [
        ((Span(0, 5),), "T1", None),
        ((Span(6, 7),), "T2", None),
        ((Span(8, 13),), "T3", "sodi"),
    ]
    assert (first.id, first.text, first.attachments) == (
        "a",
        "litio y sodio",
        DOCUMENTS[0].attachments,
    )
    assert renamed(DOCUMENTS, CorpusSection()) == DOCUMENTS


@pytest.mark.parametrize(
    "section",
    [
        CorpusSection(types=["DRUG", "PROTEIN"], ignore=["UNCLEAR"]),
        CorpusSection(types=["DRUG"], ignore=["PROTEIN"], auxiliary=["UNCLEAR"]),
    ],
)
def test_types_in_any_role_are_known(section: CorpusSection) -> None:
    check_types_known(DOCUMENTS, section)


def test_the_first_mention_of_an_unknown_type_is_named() -> None:
    with pytest.raises(CorpusError) as caught:
        check_types_known(DOCUMENTS, CorpusSection(types=["DRUG"], ignore=["UNCLEAR"]))
    assert str(caught.value) == (
        "a: T3 is of type 'PROTEIN', which the model does not know; DRUG, UNCLEAR are accepted"
    )
    with pytest.raises(CorpusError, match=r"^b: a mention is of type 'DRUG'"):
        check_types_known(DOCUMENTS[1:], CorpusSection(types=["PROTEIN"]))


def test_only_the_wanted_types_stay() -> None:
    first, second = only_types(DOCUMENTS, ["PROTEIN", "UNCLEAR"])
    assert [m.id for m in first.mentions] == ["T2", "T3"]
    assert second.mentions == ()
    assert [d.text for d in (first, second)] == ["litio y sodio", "zinc"]


def test_a_renamed_type_that_does_not_occur_is_refused() -> None:
    check_map(DOCUMENTS, CorpusSection(map={"DRUG": "MED", "UNCLEAR": "MED"}))
    with pytest.raises(RecipeError) as caught:
        check_map(DOCUMENTS, CorpusSection(map={"DRUG": "MED", "PROTEINS": "MED"}))
    assert str(caught.value) == (
        "corpus.map: PROTEINS does not occur; the corpora hold DRUG, PROTEIN, UNCLEAR"
    )
