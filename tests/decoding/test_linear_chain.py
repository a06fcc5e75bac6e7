"""The chain against the list of all tag sequences."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.decoding.linear_chain import LinearChains, log_sum
from pharmaner.decoding.transitions import legal_transitions
from pharmaner.labels import LabelScheme, Tagging

SCHEMES = [LabelScheme(("A",)), LabelScheme(("A", "B")), LabelScheme(("A",), Tagging.BIOES)]


def random_chains(seed: int, lengths: list[int], scheme: LabelScheme) -> LinearChains:
    random = np.random.default_rng(seed)
    legal = legal_transitions(scheme)
    transitions = np.where(legal, random.normal(0, 2, legal.shape), -np.inf)
    emissions = [random.normal(0, 3, (words, len(scheme.tags))) for words in lengths]
    return LinearChains(emissions, transitions)


def all_sequences(chains: LinearChains, document: int) -> dict[tuple[int, ...], float]:
    emissions = chains.emissions[document]
    words, tags = emissions.shape
    scores = {}
    for sequence in itertools.product(range(tags), repeat=words):
        edges = chains.begin[sequence[0]] + chains.end[sequence[-1]]
        emitted = sum(emissions[place, tag] for place, tag in enumerate(sequence))
        followed = sum(chains.transitions[pair] for pair in itertools.pairwise(sequence))
        scores[sequence] = float(edges + emitted + followed)
    return scores


several = st.builds(
    random_chains,
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.sampled_from(SCHEMES),
)


@settings(deadline=None, max_examples=60)
@given(several)
def test_the_likeliest_sequences_are_those_of_the_list(chains: LinearChains) -> None:
    for document, tags in enumerate(chains.viterbi()):
        scores = all_sequences(chains, document)
        assert tuple(tags) == max(scores, key=scores.__getitem__)


@settings(deadline=None, max_examples=60)
@given(several)
def test_sums_forward_and_backward_are_those_of_the_list(chains: LinearChains) -> None:
    passes = zip(chains.forward(), chains.backward(), strict=True)
    for document, (forward, backward) in enumerate(passes):
        scores = all_sequences(chains, document)
        whole = log_sum(np.array(list(scores.values())))
        sums = forward + backward
        for place, tag in itertools.product(*map(range, sums.shape)):
            through = [score for sequence, score in scores.items() if sequence[place] == tag]
            expected = np.exp(log_sum(np.array(through)) - whole)
            assert np.exp(sums[place, tag] - whole) == pytest.approx(expected, abs=1e-9)


def test_what_the_network_thinks_impossible_never_leads_to_an_illegal_sequence() -> None:
    scheme = LabelScheme(("A",))
    legal = np.where(legal_transitions(scheme), 0.0, -np.inf)
    chain = LinearChains([np.array([[-np.inf, -np.inf, 0.0]] * 2)], legal)
    assert [scheme.tags[tag] for tag in chain.viterbi()[0]] == ["B-A", "I-A"]
    assert np.isfinite(log_sum(chain.forward()[0][-1] + chain.end))


def test_sums_survive_scores_far_beyond_what_an_exponential_holds() -> None:
    scheme = LabelScheme(("A",), Tagging.BIOES)
    legal = np.where(legal_transitions(scheme), 0.0, -np.inf)
    chain = LinearChains([np.full((300, 5), -900.0)], legal)
    whole = log_sum(chain.forward()[0][-1] + chain.end)
    backwards = log_sum(chain.begin + chain.emissions[0][0] + chain.backward()[0][0])
    # outside, O and S stay there and B goes in; inside, I stays there and E comes out
    outside, inside = 1, 0
    for _ in range(300):
        outside, inside = 2 * outside + inside, outside + inside
    assert whole == pytest.approx(np.log(float(outside)) - 900.0 * 300)
    assert backwards == pytest.approx(whole)
