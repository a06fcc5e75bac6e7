"""Features of words: forms, affixes, shapes, the lexicon, neighbours, hashed to places in a table.

Every word has the same number of features, one for each template: an attribute of a word at a
fixed distance, or of two neighbours. A feature is hashed to a row of the table of weights
(Weinberger et al., 2009); one that does not exist, as the neighbour of the last word, has the row
after the last.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pharmaner.document import Span
from pharmaner.surface.lexicon import CLUSTERINGS, Lexicon, word_hash
from pharmaner.text.forms import fold

HASH_BITS = 18
"""The table has two to the power of so many rows."""

NO_FEATURE = 1 << HASH_BITS
"""The row of a feature that does not exist."""

AFFIXES = (2, 3, 4, 5)
"""The lengths of prefixes and suffixes, in code points, of words that are longer."""

_ABSENT = np.uint64(0)
_Hashes = npt.NDArray[np.uint64]

FOLDED, WRITTEN, SHAPE, LISTS, LISTS_AND_SHAPE = range(5)
"""Attributes of a word: without case and accents; as it is; its classes of characters; the lists of
the lexicon that it is in; these two together."""

PREFIXES = range(5, 5 + len(AFFIXES))
SUFFIXES = range(PREFIXES.stop, PREFIXES.stop + len(AFFIXES))
CLUSTERS = range(SUFFIXES.stop, SUFFIXES.stop + CLUSTERINGS)
_ATTRIBUTES = CLUSTERS.stop

SINGLE = (
    *((0, attribute) for attribute in range(_ATTRIBUTES)),
    *(
        (distance, attribute)
        for distance in (-2, -1, 1, 2)
        for attribute in (FOLDED, SHAPE, SUFFIXES[1])
    ),
    (-3, FOLDED),
    (3, FOLDED),
    *((distance, LISTS) for distance in (-2, -1, 1, 2)),
    *((distance, CLUSTERS[0]) for distance in (-2, -1, 1, 2)),
    *((distance, CLUSTERS[1]) for distance in (-1, 1)),
)
"""Templates of one attribute: how many words further on, and which."""

PAIRED = ((-1, FOLDED), (1, FOLDED), (-1, SHAPE), (1, SHAPE))
"""Templates of an attribute of the word and the same of a neighbour."""

TEMPLATES = len(SINGLE) + len(PAIRED) + 2
"""How many features a word has; the last two say what it touches, alone and with its shape."""


def surface_features(text: str, words: Sequence[Span], lexicon: Lexicon) -> npt.NDArray[np.int32]:
    """The rows of the table that belong to each word, shape (words, ``TEMPLATES``)."""
    forms = [text[word.start : word.end] for word in words]
    attributes = np.array([_attributes(form, lexicon) for form in forms], dtype=np.uint64)
    attributes = attributes.reshape(len(words), _ATTRIBUTES)
    touching = _touching(words)
    columns = [_moved(attributes[:, attribute], distance) for distance, attribute in SINGLE]
    for distance, attribute in PAIRED:
        neighbours = _moved(attributes[:, attribute], distance)
        columns.append(_both(neighbours, attributes[:, attribute]))
    columns += [touching, _both(touching, attributes[:, SHAPE])]
    return _rows(np.stack(columns, axis=1))


def shape(form: str) -> str:
    """A word's classes of characters, runs cut at two: ``Omeprazol`` is ``Xxx``, ``250`` ``dd``."""
    classes = "".join(_character_class(char) for char in form)
    return re.sub(r"(.)\1{2,}", r"\1\1", classes)


def _character_class(char: str) -> str:
    if char.isalpha():
        return "X" if char.isupper() else "x"
    return "d" if char.isdigit() else char


@lru_cache(maxsize=1 << 16)
def _attributes(form: str, lexicon: Lexicon) -> tuple[int, ...]:
    """The hashes of a word's attributes, in order."""
    folded, shaped, lists = fold(form), shape(form), lexicon.lists(form)
    named = [f"w{folded}", f"W{form}", f"s{shaped}", f"l{lists}", f"L{lists} {shaped}"]
    named += [f"p{n}{folded[:n]}" if len(folded) > n else "" for n in AFFIXES]
    named += [f"x{n}{folded[-n:]}" if len(folded) > n else "" for n in AFFIXES]
    clusters = lexicon.clusters(form) or [None] * CLUSTERINGS
    named += ["" if c is None else f"c{place}-{c}" for place, c in enumerate(clusters)]
    return tuple(word_hash(name) for name in named)


def _touching(words: Sequence[Span]) -> _Hashes:
    """Which neighbours a word touches: 1 for none, 2 for the one after, 3 before, 4 for both."""
    before = [False, *(a.end == b.start for a, b in pairwise(words))]
    touches = np.array(before[: len(words)], dtype=np.uint64)
    return 2 * touches + _moved(touches, 1) + np.uint64(1)


def _moved(column: _Hashes, distance: int) -> _Hashes:
    """The values of the words ``distance`` further on, absent beyond the text's edges."""
    moved = np.full(len(column), _ABSENT)
    if distance < 0:
        moved[-distance:] = column[:distance]
    else:
        moved[: max(0, len(column) - distance)] = column[distance:]
    return moved


def _both(one: _Hashes, other: _Hashes) -> _Hashes:
    return np.where(one == _ABSENT, _ABSENT, _mixed(one) + other)


def _rows(hashes: _Hashes) -> npt.NDArray[np.int32]:
    """Rows for hashes; each column is hashed in a way of its own."""
    salts = np.arange(1, hashes.shape[1] + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    places = _mixed(hashes + salts) >> np.uint64(64 - HASH_BITS)
    return np.where(hashes == _ABSENT, NO_FEATURE, places).astype(np.int32)


def _mixed(values: _Hashes) -> _Hashes:
    """The finaliser of SplitMix64 (Steele et al., 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
