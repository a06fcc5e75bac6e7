"""Mentions from emissions and transitions: the likeliest legal tag sequence of each document."""

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
    held = [place for place, of in enumerate(emissions) if len(of.scored)]
    if not held:
        return mentions
    scores = [emissions[place].scores[emissions[place].scored] for place in held]
    sequences = LinearChains(scores, transitions).viterbi()
    found = [scheme.decode(tags) for tags in sequences]
    named = [place for place, ranges in enumerate(found) if ranges]
    if not named:
        return mentions
    chains = LinearChains([scores[place] for place in named], transitions)
    passes = zip(chains.forward(), chains.backward(), strict=True)
    for number, (place, (forward, backward)) in enumerate(zip(named, passes, strict=True)):
        of, tags, ranges = emissions[held[place]], sequences[place], found[place]
        logs = _log_probabilities(chains, number, forward, backward, tags, ranges, scheme)
        mentions[held[place]] = [
            _mention(of, ranged, log) for ranged, log in zip(ranges, logs, strict=True)
        ]
    return mentions


def _mention(emissions: Emissions, ranged: WordMention, log_probability: float) -> Mention:
    words, scored = emissions.words, emissions.scored
    start, end = words[scored[ranged.first]].start, words[scored[ranged.stop - 1]].end
    return Mention.at(start, end, ranged.label, min(1.0, float(np.exp(log_probability))))


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
