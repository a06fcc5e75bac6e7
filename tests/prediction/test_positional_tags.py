from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pharmaner.document import Document
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.predictor import Prediction, Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import TextSection

SCHEME = LabelScheme(("DRUG",), Tagging.BIO_X)
TEXT = "el litio de sol"
PIECES = "[CLS] el l ##i ##t ##i ##o de s ##ol [SEP]"


class Answering:
    """Answers one window with the given tag for each piece."""

    def __init__(self, tags: str) -> None:
        self.tags = [SCHEME.tags.index(tag) for tag in tags.split()]

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        (window,) = windows
        scores = np.full((len(window), len(SCHEME.tags)), np.log(0.01))
        scores[np.arange(len(self.tags)), self.tags] = np.log(0.95)
        return [scores]


def predicted(tags: str, encoder: Path) -> Prediction:
    tokenizer = encoder_tokenizer(encoder)
    windower = Windower(tokenizer, TextSection(window=32, context=0))
    assert tokenizer.tokenizer.encode(TEXT).tokens == PIECES.split()
    (prediction,) = Predictor(Answering(tags), windower, SCHEME).predict([Document("d", TEXT)])
    return prediction


@pytest.mark.parametrize(
    ("tags", "mentions", "read_as_outside", "overruled"),
    [
        ("CLS O B-DRUG X X X X O O X SEP", ["litio"], 0, 0),
        ("CLS O B-DRUG X X X X I-DRUG O X SEP", ["litio de"], 0, 0),
        ("CLS O B-DRUG O O O O O O X SEP", ["litio"], 0, 4),
        ("CLS X X X X X X O B-DRUG X SEP", ["sol"], 2, 0),
        ("CLS O B-DRUG X X X X SEP I-DRUG X SEP", ["litio", "sol"], 1, 0),
        ("B-DRUG O O I-DRUG X X X O O B-DRUG O", [], 0, 4),
        ("X O O CLS SEP X X O O X CLS", [], 0, 0),
    ],
)
def test_a_word_is_decided_by_its_first_piece(
    tiny_bert: Path, tags: str, mentions: list[str], read_as_outside: int, overruled: int
) -> None:
    prediction = predicted(tags, tiny_bert)
    found = [prediction.document.text_of(m) for m in prediction.document.mentions]
    assert found == mentions
    assert prediction.words_read_as_outside == read_as_outside
    assert prediction.positions_overruled == overruled
