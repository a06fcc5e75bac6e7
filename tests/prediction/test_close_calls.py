"""A backend that rounds, and an exact one that decides its close calls."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from pharmaner.document import Document
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.prediction import predictor as module
from pharmaner.prediction.predictor import Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import TextSection
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.text.words import split_words
from tests.prediction.test_predictor import prepared

SCHEME = LabelScheme(("DRUG", "PROTEIN"), Tagging.BIO)
WORDS = "litio alta ibuprofeno 5 mg de enalapril dolor ferritina".split()
DOCUMENTS = [
    Document(f"d{n}", " ".join(np.random.default_rng(n).choice(WORDS, 5 + 20 * n)))
    for n in range(8)
]


class TableBackend:
    """Scores a piece by its place and vocabulary index; ``noise`` is how far it is off at most."""

    def __init__(self, noise: float) -> None:
        self.noise = noise
        self.seen: list[bytes] = []

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        self.seen += [window.tobytes() for window in windows]
        return [self.scored(window) for window in windows]

    def scored(self, window: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        random = np.random.default_rng(window.astype(np.uint32))
        scores = random.normal(0, 20, (len(window), len(SCHEME.tags)))
        scores += random.uniform(-self.noise, self.noise, scores.shape)
        return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def predictor(tokenizer: object, backend: TableBackend, exact: TableBackend | None) -> Predictor:
    windower = Windower(PieceTokenizer(prepared(tokenizer)), TextSection(window=32, context=4))
    return Predictor(backend, windower, SCHEME, exact=exact)


def found(predictor: Predictor) -> list[tuple[object, ...]]:
    return [p.document.mentions for p in predictor.predict(DOCUMENTS)]


@pytest.mark.parametrize("kind", ["wordpiece", "unigram"])
def test_close_calls_and_only_they_are_scored_exactly(
    kind: str, tiny_tokenizers: dict[str, object]
) -> None:
    rough, exact = TableBackend(0.5), TableBackend(0.0)
    confirmed = predictor(tiny_tokenizers[kind], rough, exact)
    alone = predictor(tiny_tokenizers[kind], TableBackend(0.5), None)
    truth = predictor(tiny_tokenizers[kind], TableBackend(0.0), None)
    emissions = list(confirmed.emissions(DOCUMENTS))
    close = total = 0
    for mixed, document, rounded, exactly in zip(
        emissions,
        DOCUMENTS,
        alone.emissions(DOCUMENTS),
        truth.emissions(DOCUMENTS),
        strict=True,
    ):
        first, last = (alone.decoder.leads([e], [document.text])[0] for e in (rounded, mixed))
        for window in alone.windower.windows(document.text, split_words(document.text)):
            total += 1
            owned = slice(window.owned.start, window.owned.stop)
            if np.array_equal(mixed.scores[owned], exactly.scores[owned]):
                close += 1
                continue
            np.testing.assert_array_equal(mixed.scores[owned], rounded.scores[owned])
            assert min(first[owned].min(), last[owned].min()) >= module.CLOSE_CALL
    assert len(exact.seen) == close
    assert 0 < close < total
    assert [tuple((m.spans, m.label) for m in d) for d in found(confirmed)] == [
        tuple((m.spans, m.label) for m in d) for d in found(truth)
    ]
    assert found(alone) != found(truth)


def test_without_a_close_call_nothing_is_scored_again(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_CALL", 0.0)
    rough, exact = TableBackend(0.5), TableBackend(0.0)
    confirmed = predictor(tiny_tokenizers["wordpiece"], rough, exact)
    assert found(confirmed) == found(predictor(tiny_tokenizers["wordpiece"], rough, None))
    assert exact.seen == []
