from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pharmaner.document import Document, Mention
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.predictor import Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import TextSection
from pharmaner.training.examples import NOT_LEARNED, Example, make_examples
from tests.prediction.test_predictor import (
    KINDS,
    NumberedTokenizer,
    annotated,
    gold,
    mentions,
    prepared,
    sections,
    texts,
)


def test_every_piece_has_the_tag_of_its_word(tiny_bert: Path) -> None:
    document = Document("d", "el litio de", (Mention.at(3, 8, "DRUG"),))
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=0))
    scheme = LabelScheme(("DRUG",), Tagging.BIOES)
    (example,), report = make_examples([document], windower, scheme)
    pieces = [windower.tokenizer.tokenizer.id_to_token(i) for i in example.input_ids]
    assert pieces == ["[CLS]", "el", "l", "##i", "##t", "##i", "##o", "de", "[SEP]"]
    tags = [None if label == NOT_LEARNED else scheme.tags[label] for label in example.labels]
    assert tags == [None, "O", "S-DRUG", "S-DRUG", "S-DRUG", "S-DRUG", "S-DRUG", "O", None]
    assert report.losses == []


def test_in_the_papers_scheme_every_piece_is_learned(tiny_bert: Path) -> None:
    document = Document("d", "el litio, de sodio", (Mention.at(3, 8, "DRUG"),))
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=0))
    scheme = LabelScheme(("DRUG",), Tagging.BIO_X)
    (example,), _ = make_examples([document], windower, scheme)
    tags = " ".join(scheme.tags[label] for label in example.labels)
    assert tags == "CLS O B-DRUG X X X X O O O X X X X SEP"


def test_context_is_not_learned_in_the_papers_scheme_either(tiny_bert: Path) -> None:
    text = "toma litio, sodio y 5mg de potasio.\n" * 20
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=6))
    scheme = LabelScheme(("DRUG",), Tagging.BIO_X)
    examples, _ = make_examples([Document("d", text)], windower, scheme)
    whole = windower.tokenizer.tokenizer.encode(text, add_special_tokens=False)
    learned = sum(int((example.labels != NOT_LEARNED).sum()) for example in examples)
    assert learned == len(whole.ids) + 2 * len(examples)


def test_each_piece_of_a_long_text_is_learned_in_exactly_one_window(tiny_bert: Path) -> None:
    text = "toma litio, sodio y 5mg de potasio.\n" * 20
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=6))
    examples, _ = make_examples([Document("d", text)], windower, LabelScheme(("DRUG",)))
    whole = windower.tokenizer.tokenizer.encode(text, add_special_tokens=False)
    assert len(examples) > 10
    learned = [
        int(piece)
        for example in examples
        for piece, label in zip(example.input_ids, example.labels, strict=True)
        if label != NOT_LEARNED
    ]
    assert learned == whole.ids


class PerfectBackend:
    """Answers every piece with the label that was to be learned; knows nothing of the others."""

    def __init__(self, examples: Sequence[Example], tags: int) -> None:
        self.tags = tags
        self.labels: dict[int, int] = {}
        for example in examples:
            pairs = zip(example.input_ids.tolist(), example.labels.tolist(), strict=True)
            self.labels |= {piece: label for piece, label in pairs if label != NOT_LEARNED}

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        return [np.array([self.row(int(piece)) for piece in window]) for window in windows]

    def row(self, piece: int) -> npt.NDArray[np.floating]:
        label = self.labels.get(piece)
        row = np.full(self.tags, np.nan if label is None else np.log(0.1 / self.tags))
        if label is not None:
            row[label] = np.log(0.9)
        return row


@pytest.mark.parametrize("kind", KINDS)
@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), text=sections, tagging=st.sampled_from(list(Tagging)))
def test_a_model_that_has_learned_every_label_gives_back_the_gold_mentions(
    tiny_tokenizers: dict[str, object],
    kind: str,
    data: st.DataObject,
    text: TextSection,
    tagging: Tagging,
) -> None:
    tokenizer = tiny_tokenizers[kind]
    drawn = data.draw(st.lists(texts, min_size=1, max_size=3))
    documents = [annotated(data.draw, n, t, tokenizer) for n, t in enumerate(drawn)]
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    learned, read = (Windower(NumberedTokenizer(prepared(tokenizer)), text) for _ in "12")
    examples, report = make_examples(documents, learned, scheme)
    assert report.losses == []
    backend = PerfectBackend(examples, len(scheme.tags))
    predictions = list(Predictor(backend, read, scheme).predict(documents))
    assert mentions(predictions) == gold(documents)
    assert all(p.words_read_as_outside == p.positions_overruled == 0 for p in predictions)


def test_a_mention_ends_at_its_last_word_that_has_pieces(tiny_bert: Path) -> None:
    document = Document("d", "el litio\u00ad de", (Mention.at(3, 9, "DRUG"),))
    windower = Windower(encoder_tokenizer(tiny_bert), TextSection(window=32, context=0))
    scheme = LabelScheme(("DRUG",), Tagging.BIOES)
    (example,), report = make_examples([document], windower, scheme)
    tags = " ".join(scheme.tags[label] for label in example.labels if label != NOT_LEARNED)
    assert tags == "O S-DRUG S-DRUG S-DRUG S-DRUG S-DRUG O"
    assert report.losses == []
