"""What a format was made to fit comes back exactly, and every difference was counted before."""

import os
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.corpora.attachments import remarks
from pharmaner.corpora.formats.losses import Feature
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.formats.table import FORMATS, Format
from pharmaner.document import Attachment, Document, Mention, Span
from tests.corpora.formats.documents import documents

EXAMPLES = int(os.environ.get("FORMAT_EXAMPLES", "8"))
every_format = pytest.mark.parametrize("name", FORMATS)


def written_and_read(form: Format, fitted: list[Document]) -> list[Found]:
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / f"corpus{(form.suffixes or ('',))[0]}"
        if form.is_folder:
            path.mkdir()
        form.write(fitted, path)
        return list(form.read(Source(path)))


def notes(document: Document) -> Counter[tuple[str | None, str]]:
    said, _ = remarks(document.attachments, document.mentions)
    return Counter((name, note) for name, held in said.items() for note in held.notes)


@every_format
@settings(deadline=None, max_examples=EXAMPLES)
@given(st.data())
def test_what_was_fitted_comes_back(name: str, data: st.DataObject) -> None:
    form = FORMATS[name]
    fitted = [form.fit(data.draw(documents(f"note-{number}")))[0] for number in range(3)]
    found = written_and_read(form, fitted)
    assert [problems for _, problems in found] == [[], [], []]
    back = [document for document, _ in found if document is not None]
    if name == "brat":  # mentions get ids, codes and scores become lines
        assert [d.text for d in back] == [d.text for d in fitted]
        assert [notes(d) for d in back] == [notes(d) for d in fitted]
        back = [replace(d, attachments=()) for d in back]
        fitted = [replace(d, attachments=()) for d in fitted]
    assert back == fitted


@every_format
@settings(deadline=None, max_examples=3 * EXAMPLES)
@given(documents())
def test_every_difference_was_counted(name: str, document: Document) -> None:
    fitted, losses = FORMATS[name].fit(document)
    lost = Counter(loss.feature for loss in losses)
    if fitted.text != document.text:
        assert lost[Feature.OFFSETS] > 0
    if dict(fitted.metadata) != dict(document.metadata):
        assert lost[Feature.METADATA] > 0
    assert sum((notes(document) - notes(fitted)).values()) == lost[Feature.NOTES]
    gone = len(document.mentions) - len(fitted.mentions)
    assert gone <= lost[Feature.NESTED] + lost[Feature.OFFSETS]
    if not lost[Feature.OFFSETS]:
        assert gone == lost[Feature.NESTED]
        flattened = sum(len(m.spans) > 1 for m in document.mentions)
        flattened -= sum(len(m.spans) > 1 for m in fitted.mentions)
        assert flattened == lost[Feature.DISCONTINUOUS]
    if not lost[Feature.OFFSETS] + lost[Feature.DISCONTINUOUS] + lost[Feature.NESTED]:
        before, after = (sorted(m.spans for m in d.mentions) for d in (document, fitted))
        assert before == after
    if not gone:
        for feature, held in (
            (Feature.CODES, lambda m: m.codes),
            (Feature.SCORES, lambda m: m.score),
            (Feature.TYPES, lambda m: m.label),
        ):
            before, after = (Counter(map(held, d.mentions)) for d in (document, fitted))
            assert (before == after) or lost[feature] > 0


@every_format
@settings(deadline=None, max_examples=EXAMPLES)
@given(documents())
def test_what_is_fitted_fits(name: str, document: Document) -> None:
    fitted, _ = FORMATS[name].fit(document)
    assert FORMATS[name].fit(fitted) == (fitted, [])


def test_sentences_of_a_conll_text_stay_apart_when_it_is_written_again() -> None:
    fitted, losses = FORMATS["conll"].fit(Document("note", "litio\n\nlitio"))
    assert fitted.text == "litio\nlitio"
    assert [loss.feature for loss in losses] == [Feature.OFFSETS]
    assert FORMATS["conll"].fit(fitted) == (fitted, [])


@pytest.mark.parametrize(
    ("text", "rebuilt"), [("?0", "? 0"), ("La Dra. Gil vino.", "La Dra . Gil vino .")]
)
def test_a_rebuilt_conll_text_is_not_cut_into_other_sentences(text: str, rebuilt: str) -> None:
    fitted, _ = FORMATS["conll"].fit(Document("note", text))
    assert fitted.text == rebuilt
    assert FORMATS["conll"].fit(fitted) == (fitted, [])


def test_white_space_around_a_docbin_mention_is_left_out_and_no_word_is_added() -> None:
    pytest.importorskip("spacy")
    document = Document("note", "Toma litio ya.", (Mention.at(4, 11, "DRUG"),))
    fitted, losses = FORMATS["docbin"].fit(document)
    assert [fitted.text_of(mention) for mention in fitted.mentions] == ["litio"]
    assert [loss.feature for loss in losses] == [Feature.OFFSETS]


def test_brat_lines_speak_of_mentions_under_their_new_ids() -> None:
    mentions = tuple(
        Mention((Span(place, place + 1),), "DRUG", name)
        for place, name in enumerate(["m1", "m2", "T1", "m1", "T1"])
    )
    lines = (
        "R1\tRel Arg1:m1 Arg2:m2\t",
        "A1\tNeg m1",
        "A2\tNeg T1 m1",
        "E1\tTake:m2 Dose:T1",
        "*\tEquiv m1 T1 m2",
        "#1\tAnnotatorNotes m2\tde m1",
        "N1\tReference m1 ATC:m1\tm1",
    )
    document = Document("note", "abcdef", mentions, tuple(Attachment(x, 5) for x in lines))
    fitted, losses = FORMATS["brat"].fit(document)
    assert losses == []
    assert [m.id for m in fitted.mentions] == ["T2", "T3", "T1", "T4", "T5"]
    assert [attachment.line for attachment in fitted.attachments] == [
        "R1\tRel Arg1:T2 Arg2:T3\t",
        "A1\tNeg T2",
        "A2\tNeg T1 m1",
        "E1\tTake:T3 Dose:T1",
        "*\tEquiv T2 T1 T3",
        "#1\tAnnotatorNotes T3\tde m1",
        "N1\tReference T2 ATC:m1\tm1",
    ]
    ((back, problems),) = written_and_read(FORMATS["brat"], [fitted])
    assert back is not None
    assert (back.attachments, problems) == (fitted.attachments, [])
