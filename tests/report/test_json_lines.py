import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention, Span
from pharmaner.prediction.predictor import Prediction
from pharmaner.report.json_lines import json_line

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def test_a_prediction_is_exactly_this_line() -> None:
    mentions = (Mention.at(6, 11, "DRUG", 0.98765), Mention.at(14, 19, "PROTEIN"))
    document = Document("nota-1", 'Tomó "litio".\nµIL-2', mentions)
    assert json_line(Prediction(document, 19)) == (
        '{"id": "nota-1", "text": "Tomó \\"litio\\".\\nµIL-2", "mentions": ['
        '{"start": 6, "end": 11, "label": "DRUG", "text": "litio", "score": 0.9877}, '
        '{"start": 14, "end": 19, "label": "PROTEIN", "text": "µIL-2", "score": null}], '
        '"characters_covered": 19}'
    )


def test_a_document_without_mentions_has_an_empty_list() -> None:
    record = json.loads(json_line(Prediction(Document("d", ""), 0)))
    assert record == {"id": "d", "text": "", "mentions": [], "characters_covered": 0}


@settings(deadline=None, max_examples=150)
@given(texts, st.data())
def test_a_line_has_no_line_break_and_its_offsets_slice_its_text(
    text: str, data: st.DataObject
) -> None:
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True)
    spans = data.draw(st.lists(edges.map(sorted), max_size=4))
    document = Document("d", text, tuple(Mention((Span(a, b),), "X") for a, b in spans))
    line = json_line(Prediction(document, len(text)))
    assert "\n" not in line
    assert "\r" not in line
    record = json.loads(line.encode("utf-8"))
    assert record["text"] == text
    assert [[m["start"], m["end"]] for m in record["mentions"]] == spans
    for mention in record["mentions"]:
        assert mention["text"] == record["text"][mention["start"] : mention["end"]]
