"""Mentions from emissions and transitions: the likeliest legal tag sequence of the document."""

import numpy as np
import numpy.typing as npt

from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.linear_chain import LinearChain, log_sum
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme


def decode_chain(
    emissions: Emissions, scheme: LabelScheme, transitions: npt.NDArray[np.float64]
) -> list[Mention]:
    """The mentions of the likeliest legal tag sequence, in order.

    Words without scores belong to a mention when both their scored neighbours do. A mention's
    score is the probability of exactly this mention, its type and both its ends, over all legal
    sequences of the document.

    Args:
        emissions: of one document.
        scheme: the tags.
        transitions: shape (tags, tags), minus infinity where illegal.
    """
    scored = emissions.scored
    if not len(scored):
        return []
    chain = LinearChain(emissions.scores[scored], transitions)
    tags = chain.viterbi()
    found = scheme.decode(tags)
    if not found:
        return []
    forward, backward = chain.forward(), chain.backward()
    whole = log_sum(forward[-1] + chain.end)
    mentions = []
    for ranged in found:
        first, last = ranged.first, ranged.stop - 1
        goes_on = [tag in {f"I-{ranged.label}", f"E-{ranged.label}"} for tag in scheme.tags]
        after = chain.end[tags[last]]
        if ranged.stop < len(scored):
            ends = chain.transitions[tags[last]] + chain.emissions[last + 1] + backward[last + 1]
            after = log_sum(ends[~np.array(goes_on)])
        inside = chain.segment(first, tags[first : last + 1])
        probability = np.exp(forward[first, tags[first]] + inside + after - whole)
        start, end = emissions.words[scored[first]].start, emissions.words[scored[last]].end
        mentions.append(Mention.at(start, end, ranged.label, min(1.0, float(probability))))
    return mentions
