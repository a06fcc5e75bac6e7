"""Label schemes: disjoint ranges of words written as one tag a word, and read back.

BIO: ``B-X`` opens a mention of type X, ``I-X`` continues it, ``O`` is outside. BIOES adds ``E-X``
for the last word and ``S-X`` for a mention of a single word. BIO+X is BIO for a word's first piece,
with three tags more that say what a position is and never write a mention: ``X`` for a word's other
pieces, ``CLS`` and ``SEP`` for the special pieces around a window (Sun & Yang, 2019, section 2.2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

OUTSIDE = "O"
POSITIONAL = ("X", "CLS", "SEP")
"""A word's further pieces, the special pieces before a window, and those after it."""


class Tagging(StrEnum):
    """The ways to write a range as tags."""

    BIO = "BIO"
    BIOES = "BIOES"
    BIO_X = "BIO+X"

    @property
    def prefixes(self) -> str:
        """The tags' letters before the type."""
        return "BIES" if self is Tagging.BIOES else "BI"


@dataclass(frozen=True, slots=True)
class WordMention:
    """A mention as a half-open range of word indices."""

    first: int
    stop: int
    label: str


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """The tags for some entity types; ``tags`` fixes their order in the network's output.

    Raises:
        ValueError: when there is no type, or one stands twice.
    """

    types: tuple[str, ...]
    tagging: Tagging = Tagging.BIO

    def __post_init__(self) -> None:
        if not self.types or len(set(self.types)) < len(self.types):
            raise ValueError(f"a label scheme needs distinct types, found {self.types}")

    @property
    def tags(self) -> tuple[str, ...]:
        """``O``, then the prefixed tags type by type, then the positional ones if there are any."""
        prefixed = (f"{p}-{t}" for t in self.types for p in self.tagging.prefixes)
        return (OUTSIDE, *prefixed, *(POSITIONAL if self.tags_positions else ()))

    @property
    def tags_positions(self) -> bool:
        """Whether only a word's first piece has the word's tag, and the others one of their own."""
        return self.tagging is Tagging.BIO_X

    def may_follow(self, before: str, after: str) -> bool:
        """Whether one word's tag may stand after another's in what ``encode`` writes.

        ``O`` stands for the text's edges too: what may follow it may begin a text, what it may
        follow may end one. Positional tags, which are no word's, are read as ``O``.
        """
        opening, _, label = _as_word_tag(before).partition("-")
        prefix = _as_word_tag(after)[0]
        continues = opening in {"B", "I"} and after in {f"I-{label}", f"E-{label}"}
        if prefix in {"I", "E"} or (self.tagging is Tagging.BIOES and opening in {"B", "I"}):
            return continues
        return True

    def encode(self, mentions: Iterable[WordMention], words: int) -> list[int]:
        """Tag indices of ``words`` words, given disjoint mentions.

        Raises:
            ValueError: when two mentions share a word, or one lies outside the words.
        """
        index = {tag: place for place, tag in enumerate(self.tags)}
        encoded = [index[OUTSIDE]] * words
        for mention in mentions:
            inside = range(mention.first, mention.stop)
            if not inside or mention.first < 0 or mention.stop > words:
                raise ValueError(f"{mention} is not a range of {words} words")
            if any(encoded[place] != index[OUTSIDE] for place in inside):
                raise ValueError(f"{mention} shares a word with another mention")
            for place in inside:
                encoded[place] = index[f"{self._prefix(mention, place)}-{mention.label}"]
        return encoded

    def _prefix(self, mention: WordMention, place: int) -> str:
        opens, closes = place == mention.first, place == mention.stop - 1
        if self.tagging is Tagging.BIOES and closes:
            return "S" if opens else "E"
        return "B" if opens else "I"

    def decode(self, tag_indices: Sequence[int]) -> list[WordMention]:
        """The mentions that a sequence of tags writes; any sequence has an answer.

        The repair rule: a word continues the open mention exactly if its tag is I or E of the
        mention's type and the word before is tagged B or I; any other tag but O opens a mention
        of its own. So an I or E without an opening opens one. A positional tag is read as O.
        """
        mentions: list[WordMention] = []
        tags = self.tags
        previous = OUTSIDE
        for place, tag_index in enumerate(tag_indices):
            prefix, _, label = _as_word_tag(tags[tag_index]).partition("-")
            if prefix in {"I", "E"} and previous in {f"B-{label}", f"I-{label}"}:
                mentions[-1] = WordMention(mentions[-1].first, place + 1, label)
            elif prefix != OUTSIDE:
                mentions.append(WordMention(place, place + 1, label))
            previous = tags[tag_index]
        return mentions


def type_of(tag: str) -> str:
    """The type that a tag is of; empty for ``O`` and for a positional tag."""
    return _as_word_tag(tag).partition("-")[2]


def _as_word_tag(tag: str) -> str:
    return OUTSIDE if tag in POSITIONAL else tag
