"""The chain against the list of all tag sequences."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.decoding.linear_chain import LinearChain, log_sum
from pharmaner.decoding.transitions import legal_transitions
from pharmaner.labels import LabelScheme, Tagging

SCHEMES = [LabelScheme(("A",)), LabelScheme(("A", "B")), LabelScheme(("A",), Tagging.BIOES)]


def random_chain(seed: int, words: int, scheme: LabelScheme) -> LinearChain:
    random = np.random.default_rng(seed)
    legal = legal_transitions(scheme)
    transitions = np.where(legal, random.normal(0, 2, legal.shape), -np.inf)
    return LinearChain(random.normal(0, 3, (words, len(scheme.tags))), transitions)


def all_sequences(chain: LinearChain) -> dict[tuple[int, ...], float]:
    words, tags = chain.emissions.shape
    scores = {}
    for sequence in itertools.product(range(tags), repeat=words):
        edges = chain.begin[sequence[0]] + chain.end[sequence[-1]]
        emitted = sum(chain.emissions[place, tag] for place, tag in enumerate(sequence))
        followed = sum(chain.transitions[pair] for pair in itertools.pairwise(sequence))
        scores[sequence] = float(edges + emitted + followed)
    return scores


chains = st.builds(
    random_chain, st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from(SCHEMES)
)


@settings(deadline=None, max_examples=60)
@given(chains)
def test_the_likeliest_sequence_is_that_of_the_list(chain: LinearChain) -> None:
    scores = all_sequences(chain)
    assert tuple(chain.viterbi()) == max(scores, key=scores.__getitem__)


@settings(deadline=None, max_examples=60)
@given(chains)
def test_sums_forward_and_backward_are_those_of_the_list(chain: LinearChain) -> None:
    scores = all_sequences(chain)
    whole = log_sum(np.array(list(scores.values())))
    sums = chain.forward() + chain.backward()
    for place, tag in itertools.product(*map(range, sums.shape)):
        through = [score for sequence, score in scores.items() if sequence[place] == tag]
        expected = np.exp(log_sum(np.array(through)) - whole)
        assert np.exp(sums[place, tag] - whole) == pytest.approx(expected, abs=1e-9)


def test_what_the_network_thinks_impossible_never_leads_to_an_illegal_sequence() -> None:
    scheme = LabelScheme(("A",))
    legal = np.where(legal_transitions(scheme), 0.0, -np.inf)
    chain = LinearChain(np.array([[-np.inf, -np.inf, 0.0]] * 2), legal)
    assert [scheme.tags[tag] for tag in chain.viterbi()] == ["B-A", "I-A"]
    assert np.isfinite(log_sum(chain.forward()[-1] + chain.end))


def test_sums_survive_scores_far_beyond_what_an_exponential_holds() -> None:
    scheme = LabelScheme(("A",), Tagging.BIOES)
    legal = np.where(legal_transitions(scheme), 0.0, -np.inf)
    chain = LinearChain(np.full((300, 5), -900.0), legal)
    whole = log_sum(chain.forward()[-1] + chain.end)
    backwards = log_sum(chain.begin + chain.emissions[0] + chain.backward()[0])
    # outside, O and S stay there and B goes in; inside, I stays there and E comes out
    outside, inside = 1, 0
    for _ in range(300):
        outside, inside = 2 * outside + inside, outside + inside
    assert whole == pytest.approx(np.log(float(outside)) - 900.0 * 300)
    assert backwards == pytest.approx(whole)
