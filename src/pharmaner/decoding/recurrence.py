"""A name that was found once in a document informs its other occurrences.

Names are compared by their words without case and accents. What a clear context reveals, a bare one
(a list, a heading, an abbreviation after its definition) need not reveal again: one sense per
discourse (Gale et al., 1992). Sun & Yang (2019) leave the use of wider context to the future.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Mention
from pharmaner.labels import LabelScheme, WordMention
from pharmaner.text.forms import fold

SHORTEST_NAME = 2
"""In code points without spaces; shorter ones may mean anything."""


def with_recurring_names(
    emissions: Emissions,
    text: str,
    mentions: Iterable[Mention],
    scheme: LabelScheme,
    bonus: float,
) -> Emissions | None:
    """The emissions of a document with a bonus wherever the name of a mention occurs.

    Args:
        emissions: of the document.
        text: of the document.
        mentions: found in it, from word to word.
        scheme: the tags.
        bonus: added to the scores of the tags that write the name, in nats.

    Returns:
        ``None`` when no name occurs more than once.
    """
    scored = emissions.scored
    words = [emissions.words[place] for place in scored]
    forms = [fold(text[word.start : word.end]) for word in words]
    first = {word.start: place for place, word in enumerate(words)}
    stop = {word.end: place + 1 for place, word in enumerate(words)}
    places = defaultdict(list)
    for place, form in enumerate(forms):
        places[form].append(place)
    scores, recurs = emissions.scores.copy(), False
    named = {(tuple(forms[first[m.start] : stop[m.end]]), m.label) for m in mentions}
    for name, label in sorted(named):
        length = len(name)
        found = [p for p in places[name[0]] if tuple(forms[p : p + length]) == name]
        if len(found) < 2 or sum(map(len, name)) < SHORTEST_NAME:
            continue
        recurs = True
        tags = scheme.encode([WordMention(0, length, label)], length)
        for place in found:
            scores[scored[place : place + length], tags] += bonus
    return replace(emissions, scores=normalised(scores)) if recurs else None
