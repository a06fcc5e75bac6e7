"""A temperature is found again that scores were distorted by."""

import math

import numpy as np
import pytest

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.decoding.transitions import legal_scores
from pharmaner.document import Document, Mention, Span
from pharmaner.errors import CorpusError
from pharmaner.labels import LabelScheme
from pharmaner.prediction.calibrate import fit_temperature

SCHEME = LabelScheme(("DRUG",))
DECODER = Decoder(SCHEME)


def drawn(distortion: float, seed: int = 0) -> tuple[list[Emissions], list[Document]]:
    """One-word documents whose word is a mention as often as its undistorted emission says."""
    random = np.random.default_rng(seed)
    emissions, gold = [], []
    for number in range(1500):
        probability = random.uniform(0.02, 0.98)
        truth = np.log([[1 - probability, probability, 1e-30]])
        scores = normalised(truth * distortion)
        emissions.append(Emissions(str(number), (Span(0, 1),), scores))
        mentions = (Mention.at(0, 1, "DRUG"),) if random.random() < probability else ()
        gold.append(Document(str(number), "x", mentions))
    return emissions, gold


@pytest.mark.parametrize("distortion", [0.5, 3.0])
def test_the_temperature_of_overconfident_scores_is_found(distortion: float) -> None:
    fitted = fit_temperature(*drawn(distortion), DECODER)
    assert fitted.temperature == pytest.approx(distortion, rel=0.25)
    before, after = fitted.before.expected_error, fitted.after.expected_error
    assert before is not None
    assert after is not None
    assert after < 0.06
    assert before > 2 * after
    assert 600 < fitted.mentions < 900


def test_no_temperature_is_better_on_a_fine_grid() -> None:
    emissions, gold = drawn(2.0, seed=1)
    best = fit_temperature(emissions, gold, DECODER).temperature

    def log_loss(temperature: float) -> float:
        decoder = Decoder(SCHEME, temperature=temperature)
        total = 0.0
        for one, document in zip(emissions, gold, strict=True):
            for mention in decoder.mentions(one, ""):
                assert mention.score is not None
                is_right = bool(document.mentions)
                total -= math.log(mention.score if is_right else 1 - mention.score)
        return total

    assert log_loss(best) <= min(log_loss(t) for t in (best * 0.9, best * 1.1)) + 1e-9


def test_a_temperature_changes_scores_and_no_mention() -> None:
    random = np.random.default_rng(5)
    words = tuple(Span(place, place + 1) for place in range(50))
    emissions = Emissions("d", words, normalised(random.normal(0, 3, (50, 3))))
    for transitions in (None, legal_scores(SCHEME, random.normal(size=(3, 3)))):
        plain = Decoder(SCHEME, transitions).mentions(emissions, "")
        tempered = Decoder(SCHEME, transitions, 2.5).mentions(emissions, "")
        assert [(m.spans, m.label) for m in plain] == [(m.spans, m.label) for m in tempered]
        assert [m.score for m in plain] != [m.score for m in tempered]


def test_mentions_under_the_lowest_score_are_left_out() -> None:
    emissions, _ = drawn(1.0)
    found = [m for e in emissions for m in DECODER.mentions(e, "")]
    kept = [m for e in emissions for m in Decoder(SCHEME, min_score=0.8).mentions(e, "")]
    assert kept == [m for m in found if m.score is not None and m.score >= 0.8]
    assert 0 < len(kept) < len(found)


def test_nothing_is_fitted_to_mentions_that_are_all_right() -> None:
    emissions, gold = drawn(1.0)
    right = [pair for pair in zip(emissions, gold, strict=True) if pair[1].mentions]
    with pytest.raises(CorpusError, match="predicted mentions are right; a temperature needs"):
        fit_temperature([e for e, _ in right], [d for _, d in right], DECODER)
    with pytest.raises(CorpusError, match="0 of 0 predicted mentions"):
        fit_temperature([], [], DECODER)
