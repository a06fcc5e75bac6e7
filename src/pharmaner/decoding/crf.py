"""Mentions from emissions and transitions: the likeliest legal tag sequence of each document."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.linear_chain import LinearChains, log_sum
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme, WordMention


def decode_chains(
    emissions: Sequence[Emissions], scheme: LabelScheme, transitions: npt.NDArray[np.float64]
) -> list[list[Mention]]:
    """The mentions of each document's likeliest legal tag sequence, in order.

    Words without scores belong to a mention when both their scored neighbours do. A mention's
    score is the probability of exactly this mention, its type and both its ends, over all legal
    sequences of the document.

    Args:
        emissions: of some documents.
        scheme: the tags.
        transitions: shape (tags, tags), minus infinity where illegal.
    """
    mentions: list[list[Mention]] = [[] for _ in emissions]
    places = {number: of.scored for number, of in enumerate(emissions)}
    held = [number for number, scored in places.items() if len(scored)]
    if not held:
        return mentions
    scores = [emissions[number].scores[places[number]] for number in held]
    sequences = LinearChains(scores, transitions).viterbi()
    found = [scheme.decode(tags) for tags in sequences]
    named = [rank for rank, ranges in enumerate(found) if ranges]
    if not named:
        return mentions
    chains = LinearChains([scores[rank] for rank in named], transitions)
    passes = zip(named, chains.forward(), chains.backward(), strict=True)
    for document, (rank, forward, backward) in enumerate(passes):
        tags, ranges = sequences[rank], found[rank]
        logs = _log_probabilities(chains, document, forward, backward, tags, ranges, scheme)
        number = held[rank]
        words = [emissions[number].words[place] for place in places[number]]
        mentions[number] = [
            Mention.at(
                words[r.first].start, words[r.stop - 1].end, r.label, math.exp(min(0.0, log))
            )
            for r, log in zip(ranges, logs, strict=True)
        ]
    return mentions


def _log_probabilities(
    chains: LinearChains,
    document: int,
    forward: npt.NDArray[np.float64],
    backward: npt.NDArray[np.float64],
    tags: Sequence[int],
    ranges: Sequence[WordMention],
    scheme: LabelScheme,
) -> list[float]:
    """Of each range of words, that of being a mention of just these words."""
    whole = log_sum(forward[-1] + chains.end)
    logs = []
    for ranged in ranges:
        first, last = ranged.first, ranged.stop - 1
        after = float(chains.end[tags[last]])
        if ranged.stop < len(forward):
            goes_on = [tag in {f"I-{ranged.label}", f"E-{ranged.label}"} for tag in scheme.tags]
            following = chains.emissions[document][last + 1] + backward[last + 1]
            after = log_sum((chains.transitions[tags[last]] + following)[~np.array(goes_on)])
        inside = chains.segment(document, first, tags[first : last + 1])
        logs.append(float(forward[first, tags[first]]) + inside + after - whole)
    return logs
