"""``Dictionary``: names that a user knows beforehand, such as a hospital's formulary.

Each is a name of a type, with a code or without. A listed name gets a bonus wherever a text has
it, so that the scores of its context still count, and its codes when it is found.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Mention, Span
from pharmaner.errors import DictionaryError
from pharmaner.labels import LabelScheme, WordMention
from pharmaner.sections import shown
from pharmaner.text.forms import fold
from pharmaner.text.words import split_words

LONGEST_AS_WRITTEN = 3
"""Names of up to so many code points, mostly abbreviations, are compared with case and accents."""

LONGEST_SHOWN = 60
"""The most code points of a line that an error repeats."""

_Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a user's list."""

    name: str
    label: str
    code: str = ""


class Dictionary:
    """Names by their words; longer ones are compared without case, accents and white space.

    Args:
        listed: a name may have several types and several codes; each must have a word.
    """

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._codes: dict[_Name, dict[str, dict[str, None]]] = {}
        lengths: dict[str, set[int]] = defaultdict(set)
        for entry in listed:
            name = _name(_forms(entry.name, split_words(entry.name)))
            codes = self._codes.setdefault(name, {}).setdefault(entry.label, {})
            if entry.code:
                codes[entry.code] = None
            lengths[fold(name[0])].add(len(name))
        self._lengths = {form: sorted(of, reverse=True) for form, of in lengths.items()}

    @property
    def labels(self) -> frozenset[str]:
        """The types that names have."""
        return frozenset(label for labels in self._codes.values() for label in labels)

    def informed(
        self, emissions: Emissions, text: str, scheme: LabelScheme, bonus: float
    ) -> Emissions:
        """Emissions with a bonus for the names in a text, from the left, longest first.

        Args:
            emissions: of the document.
            text: of the document.
            scheme: the tags, every type of the dictionary among them.
            bonus: added to the scores of the tags that write a name, in nats.
        """
        scored = emissions.scored
        forms = _forms(text, [emissions.words[place] for place in scored])
        scores = emissions.scores.copy()
        place = 0
        while place < len(forms):
            length, labels = self._longest(forms, place)
            for label in labels:
                tags = scheme.encode([WordMention(0, length, label)], length)
                scores[scored[place : place + length], tags] += bonus
            place += length or 1
        return replace(emissions, scores=normalised(scores))

    def coded(self, mention: Mention, text: str) -> Mention:
        """The mention with the codes of its name, as a name of its type."""
        inside = text[mention.start : mention.end]
        labels = self._codes.get(_name(_forms(inside, split_words(inside))), {})
        codes = tuple(labels.get(mention.label, ()))
        return replace(mention, codes=codes) if codes else mention

    def _longest(self, forms: list[str], place: int) -> tuple[int, Mapping[str, object]]:
        """How many words the longest name has that begins at a word, 0 for none, and its types."""
        for length in self._lengths.get(fold(forms[place]), ()):
            words = tuple(forms[place : place + length])
            if len(words) == length and (labels := self._codes.get(_name(words))):
                return length, labels
        return 0, {}


def read_dictionary(paths: Iterable[tuple[str, Path]]) -> Dictionary:
    """Read lists of names, each of a type: a name a line, after a tab its code if it has one.

    Args:
        paths: types and files, UTF-8; empty lines are passed over.

    Raises:
        DictionaryError: when a file cannot be read or has no name, or a line has no name or more
            than two columns.
    """
    return Dictionary(entry for label, path in paths for entry in _read(label, path))


def _read(label: str, path: Path) -> list[Listed]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        raise DictionaryError(
            f"{path}: cannot be read; a list of names in UTF-8 is accepted"
        ) from None
    listed = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, *codes = (column.strip() for column in line.split("\t"))
        if len(codes) > 1 or not any(char.isalnum() for char in name):
            found = f"{len(codes) + 1} columns"
            if len(codes) < 2:
                found = f'"{shown(line.strip(), LONGEST_SHOWN)}"'
            raise DictionaryError(
                f"{path}:{number}: found {found}; a name, or a name, a tab and a code are accepted"
            )
        listed.append(Listed(name, label, codes[0] if codes else ""))
    if not listed:
        raise DictionaryError(f"{path}: has no name")
    return listed


def _forms(text: str, words: Iterable[Span]) -> list[str]:
    return [text[word.start : word.end] for word in words]


def _name(words: Iterable[str]) -> _Name:
    """What words are compared by."""
    written = tuple(words)
    if sum(map(len, written)) <= LONGEST_AS_WRITTEN:
        return written
    return tuple(map(fold, written))
