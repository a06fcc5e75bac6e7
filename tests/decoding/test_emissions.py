import numpy as np

from pharmaner.decoding.emissions import Emissions
from pharmaner.document import Span


def test_a_word_is_scored_unless_its_row_is_not_a_number() -> None:
    scores = np.log([[0.5, 0.5], [0.1, 0.9], [0.2, 0.8], [1.0 - 1e-9, 1e-9]])
    scores[[0, 2]] = np.nan
    words = tuple(Span(place, place + 1) for place in range(4))
    assert Emissions("d", words, scores).scored.tolist() == [1, 3]


def test_an_impossible_tag_is_a_score() -> None:
    scores = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    assert Emissions("d", (Span(0, 1), Span(1, 2)), scores).scored.tolist() == [0, 1]


def test_a_document_without_words_has_no_scored_words() -> None:
    assert Emissions("d", (), np.zeros((0, 3))).scored.tolist() == []
