"""Documents through a ``Dataset`` and back; the library's own row is the independent witness."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.errors import CorpusError
from pharmaner.integrations.huggingface_datasets import from_dataset, to_dataset

datasets = pytest.importorskip("datasets")
TEXT = "ñ😀 Toma\r\n«litio» y a\u0301cido fólico"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    found = []
    for _ in range(draw(st.integers(0, 3)) if text else 0):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
        spans = tuple(Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
        score = draw(st.none() | st.floats(0, 1))
        found.append(
            Mention(spans, draw(words), draw(st.none() | words), score, draw(st.none() | words))
        )
    attached = draw(st.lists(st.builds(Attachment, words, st.integers(0, 3)), max_size=2))
    return Document(draw(words), text, tuple(found), tuple(attached))


@settings(deadline=None, max_examples=40)
@given(st.lists(documents(), max_size=4))
def test_documents_come_back_as_they_were(given_documents: list[Document]) -> None:
    dataset = to_dataset(given_documents)
    assert dataset.num_rows == len(given_documents)
    assert from_dataset(dataset) == given_documents


def test_a_row_has_plain_names_and_offsets_into_its_text() -> None:
    mention = Mention((Span(10, 15),), "DRUG", "T1", 0.5)
    row = to_dataset([Document("d", TEXT, (mention,))])[0]
    assert set(row) == {field.name for field in fields(Document)}
    assert row["text"] == TEXT
    (found,) = row["mentions"]
    (span,) = found["spans"]
    assert row["text"][span["start"] : span["end"]] == "litio"
    assert (found["label"], found["id"], found["score"]) == ("DRUG", "T1", 0.5)


def test_datasets_of_differing_content_have_one_schema() -> None:
    bare = to_dataset([Document("a", "x")])
    full = to_dataset([Document("b", "y", (Mention.at(0, 1, "D", 0.1),), (Attachment("#1", 1),))])
    none = to_dataset([])
    assert bare.features == full.features == none.features
    joined = datasets.concatenate_datasets([bare, full])
    assert [document.id for document in from_dataset(joined)] == ["a", "b"]
    assert from_dataset(joined.add_column("more", [1, 2])) == from_dataset(joined)


def changed(dataset: object, **values: object) -> object:
    """A dataset of the same rows with other values, of whatever type they are."""
    rows = [{**row, **values} for row in dataset]  # type: ignore[attr-defined]
    return datasets.Dataset.from_list(rows)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.remove_columns("text"), "'text' is missing"),
        (lambda d: d.map(lambda row: {"text": row["text"][:1]}), "ends past the text"),
        (lambda d: changed(d, text=None), "found None where string is accepted"),
        (lambda d: changed(d, id=5), "found 5 where string is accepted"),
        (lambda d: changed(d, metadata=None), "the JSON object must be str"),
        (lambda d: changed(d, metadata="[1]"), "where a JSON object is accepted"),
        (lambda d: changed(d, mentions=None), "not iterable"),
    ],
)
def test_a_row_that_is_no_document_is_named(change: object, reason: str) -> None:
    good = [Document("a", "litio"), Document("b", "litio", (Mention.at(0, 5, "DRUG"),))]
    with pytest.raises(CorpusError, match=rf"row [01] of the dataset is no document: .*{reason}"):
        from_dataset(change(to_dataset(good)))  # type: ignore[operator]
