"""Mentions from emissions: each word's likeliest tag, then the label scheme's repair rule."""

import numpy as np

from pharmaner.decoding.emissions import Emissions
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme, type_of


def decode(emissions: Emissions, scheme: LabelScheme) -> list[Mention]:
    """The mentions of a document, in order.

    Words without scores belong to a mention when both their scored neighbours do. A mention's
    score is the lowest, over its words, of the probability that the word is of the mention's type.
    """
    scored = emissions.scored
    if not len(scored):
        return []
    scores = emissions.scores[scored]
    mentions = []
    for ranged in scheme.decode(scores.argmax(axis=1).tolist()):
        of_type = [place for place, tag in enumerate(scheme.tags) if type_of(tag) == ranged.label]
        probability = np.exp(scores[ranged.first : ranged.stop, of_type]).sum(axis=1).min()
        start = emissions.words[scored[ranged.first]].start
        end = emissions.words[scored[ranged.stop - 1]].end
        mentions.append(Mention.at(start, end, ranged.label, min(1.0, float(probability))))
    return mentions
