"""The spaCy component against spaCy's own tokens and offsets."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention
from pharmaner.tagger import Tagger

spacy = pytest.importorskip("spacy")
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc, Span  # noqa: E402

from pharmaner.integrations.spacy_component import set_mentions  # noqa: E402

NLP = spacy.blank("es")
TEXT = "Toma litio 5mg/día y anti-CD20 (ácido fólico)."


def offsets(spans: object) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in spans]  # type: ignore[attr-defined]


def set_on(text: str, *mentions: Mention, doc: Doc | None = None) -> tuple[Doc, dict[str, int]]:
    doc = doc if doc is not None else NLP.make_doc(text)
    counts = set_mentions(doc, Document("d", text, mentions))
    assert doc.user_data["pharmaner"] == counts
    assert set(doc.user_data["pharmaner"]) == {"mentions", "widened", "not_an_entity", "replaced"}
    return doc, {name: count for name, count in counts.items() if count}


def test_mentions_on_tokens_are_spans_and_entities_with_their_scores() -> None:
    doc, counts = set_on(TEXT, Mention.at(5, 10, "DRUG", 0.9), Mention.at(32, 44, "DRUG", 0.8))
    expected = [(5, 10, "DRUG"), (32, 44, "DRUG")]
    assert offsets(doc.ents) == offsets(doc.spans["pharmaner"]) == expected
    assert [entity.text for entity in doc.ents] == ["litio", "ácido fólico"]
    assert doc.spans["pharmaner"].attrs["scores"] == [0.9, 0.8]
    assert counts == {"mentions": 2}


def test_a_mention_inside_a_token_is_widened_and_counted() -> None:
    doc = Doc(NLP.vocab, words=["Toma", "anti-CD20"])
    doc, counts = set_on("Toma anti-CD20 ", Mention.at(10, 14, "P"), doc=doc)
    assert offsets(doc.ents) == offsets(doc.spans["pharmaner"]) == [(5, 14, "P")]
    assert counts == {"mentions": 1, "widened": 1}


def test_of_overlapping_mentions_the_longest_in_tokens_is_the_entity() -> None:
    doc = Doc(NLP.vocab, words=["a-b", "c", "d"])
    found = (Mention.at(0, 1, "X"), Mention.at(2, 5, "Y"), Mention.at(6, 7, "Z"))
    doc, counts = set_on("a-b c d ", *found, doc=doc)
    assert offsets(doc.spans["pharmaner"]) == [(0, 3, "X"), (0, 5, "Y"), (6, 7, "Z")]
    assert offsets(doc.ents) == [(0, 5, "Y"), (6, 7, "Z")]
    assert counts == {"mentions": 3, "widened": 2, "not_an_entity": 1}


def test_entities_of_earlier_components_stay_where_there_is_room() -> None:
    doc = NLP.make_doc(TEXT)
    doc.ents = [Span(doc, 0, 1, "EARLIER"), Span(doc, 1, 2, "EARLIER")]
    doc, counts = set_on(TEXT, Mention.at(5, 10, "DRUG"), doc=doc)
    assert offsets(doc.ents) == [(0, 4, "EARLIER"), (5, 10, "DRUG")]
    assert counts == {"mentions": 1, "replaced": 1}


@settings(deadline=None, max_examples=100)
@given(data=st.data(), text=st.text(st.sampled_from("aé1 -.\n😀\u0301\u200b\xa0½"), max_size=30))
def test_no_mention_is_dropped_and_each_span_covers_its_mention(
    data: st.DataObject, text: str
) -> None:
    visible = [place for place, character in enumerate(text) if not character.isspace()]
    found = []
    for _ in range(data.draw(st.integers(0, 4)) if visible else 0):
        first, last = sorted(data.draw(st.sampled_from(visible)) for _ in "12")
        found.append(Mention.at(first, last + 1, "X"))
    doc, counts = set_on(text, *found)
    assert doc.text == text
    spans = list(doc.spans["pharmaner"])
    assert len(spans) == len(found) == counts.get("mentions", 0)
    for span, mention in zip(spans, found, strict=True):
        assert span.start_char <= mention.start < mention.end <= span.end_char
        shared = [t for t in doc if t.idx < mention.end and mention.start < t.idx + len(t.text)]
        assert [token.i for token in span] == [token.i for token in shared]
    assert len(doc.ents) + counts.get("not_an_entity", 0) == len(found)


def test_a_pipeline_gives_what_the_tagger_gives(
    trained: Path, small_corpus: list[Document], tmp_path: Path
) -> None:
    nlp = spacy.blank("es")
    nlp.add_pipe("pharmaner", config={"model": str(trained)})
    texts = [document.text for document in small_corpus]
    docs = list(nlp.pipe(texts, batch_size=3))
    tagger = Tagger.load(trained)
    for doc, text in zip(docs, texts, strict=True):
        assert doc.text == text
        assert doc.user_data["pharmaner"]["mentions"] == len(tagger.predict(text).mentions)
    gold = [[(m.start, m.end, m.label) for m in d.mentions] for d in small_corpus]
    assert [offsets(doc.ents) for doc in docs] == gold
    assert offsets(nlp(texts[0]).ents) == gold[0]
    nlp.to_disk(tmp_path / "nlp")
    assert offsets(spacy.load(tmp_path / "nlp")(texts[1]).ents) == gold[1]


def test_without_a_model_it_is_the_tagger_in_the_package() -> None:
    nlp = spacy.blank("es")
    nlp.add_pipe("pharmaner")
    text = "Se pautó enalapril 5 mg por elevación de la ferritina."
    found = [(m.start, m.end, m.label) for m in Tagger.load().predict(text).mentions]
    assert offsets(nlp(text).ents) == found
    assert len(found) == 2


def test_the_entry_point_names_the_factory() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (name, target), *others = project["entry-points"]["spacy_factories"].items()
    assert not others
    module, _, function = target.partition(":")
    assert callable(getattr(import_module(module), function))
    assert Language.has_factory(name)
