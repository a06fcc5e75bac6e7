import itertools
from dataclasses import replace

import numpy as np
import pytest

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Span
from pharmaner.labels import LabelScheme, Tagging

WORDS = tuple(Span(3 * place, 3 * place + 2) for place in range(3))


def emissions(scheme: LabelScheme, seed: int) -> Emissions:
    scores = np.random.default_rng(seed).normal(0, 2, (len(WORDS), len(scheme.tags)))
    return Emissions("d", WORDS, normalised(scores))


@pytest.mark.parametrize("tagging", [Tagging.BIO, Tagging.BIOES])
@pytest.mark.parametrize("seed", range(20))
def test_a_document_gets_the_likeliest_sequence_that_encode_can_write(
    tagging: Tagging, seed: int
) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    given = emissions(scheme, seed)
    every = itertools.product(range(len(scheme.tags)), repeat=len(WORDS))
    legal = [t for t in every if scheme.encode(scheme.decode(t), len(t)) == list(t)]
    best = max(legal, key=lambda tags: sum(given.scores[p, t] for p, t in enumerate(tags)))
    found = [(m.start, m.end, m.label) for m in Decoder(scheme).mentions(given, "")]
    ranges = scheme.decode(best)
    assert found == [(3 * r.first, 3 * r.stop - 1, r.label) for r in ranges]


@pytest.mark.parametrize("seed", range(20))
def test_in_the_papers_scheme_every_word_is_decided_by_itself(seed: int) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), Tagging.BIO_X)
    given = emissions(scheme, seed)
    found = [(m.start, m.end, m.label) for m in Decoder(scheme).mentions(given, "")]
    ranges = scheme.decode(given.scores.argmax(axis=1).tolist())
    assert found == [(3 * r.first, 3 * r.stop - 1, r.label) for r in ranges]


@pytest.mark.parametrize("tagging", list(Tagging))
def test_documents_together_get_what_each_gets_alone(tagging: Tagging) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    texts = [" ".join(["ab", "cd", "ef"][: 1 + seed % 3]) for seed in range(12)]
    whole = [emissions(scheme, seed) for seed in range(12)]
    cut = [
        replace(given, words=given.words[: 1 + n % 3], scores=given.scores[: 1 + n % 3])
        for n, given in enumerate(whole)
    ]
    recurrence = 0.0 if tagging is Tagging.BIO_X else 2.0
    decoder = Decoder(scheme, temperature=1.5, min_score=0.2, recurrence=recurrence)
    together = decoder.decode(cut, texts)
    alone = [decoder.mentions(*document) for document in zip(cut, texts, strict=True)]
    assert any(together)
    for one, other in zip(together, alone, strict=True):
        assert [(m.spans, m.label) for m in one] == [(m.spans, m.label) for m in other]
        assert [m.score for m in one] == pytest.approx([m.score for m in other], abs=1e-12)


@pytest.mark.parametrize("tagging", list(Tagging))
@pytest.mark.parametrize("seed", range(8))
def test_a_words_lead_is_that_of_its_likeliest_tag_over_all_legal_sequences(
    tagging: Tagging, seed: int
) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    given = emissions(scheme, seed)
    tags = range(len(scheme.tags))
    every = itertools.product(tags, repeat=len(WORDS))
    is_free = scheme.tags_positions
    legal = [t for t in every if is_free or scheme.encode(scheme.decode(t), len(t)) == list(t)]
    temperature = 1.5
    weight = {t: sum(given.scores[p, tag] for p, tag in enumerate(t)) / temperature for t in legal}
    found = Decoder(scheme, temperature=temperature).leads([given, given], ["", ""])
    for place in range(len(WORDS)):
        by_tag = [
            np.logaddexp.reduce([w for t, w in weight.items() if t[place] == tag] or [-np.inf])
            for tag in tags
        ]
        second, first = sorted(by_tag)[-2:]
        for leads in found:
            assert leads[place] == pytest.approx(temperature * (first - second))


def test_leads_count_what_recurring_names_add_and_words_without_scores_have_all() -> None:
    scheme = LabelScheme(("DRUG",), Tagging.BIO)
    scores = normalised(np.array([[0.0, 6.0, 0.0], [3.0, 2.0, 0.0], [np.nan] * 3]))
    given = Emissions("d", WORDS, scores)
    plain, added = (
        Decoder(scheme, recurrence=bonus).leads([given], ["ab ab ef"])[0] for bonus in (0.0, 1.5)
    )
    assert plain[2] == added[2] == np.inf
    assert plain[1] == pytest.approx(1.0, abs=0.2)
    assert added[1] == pytest.approx(0.5, abs=0.2)
    nothing = Emissions("e", WORDS, np.full((3, 3), np.nan))
    assert (Decoder(scheme).leads([nothing], [""])[0] == np.inf).all()
    assert Decoder(scheme).leads([], []) == []
