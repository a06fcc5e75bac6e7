"""Words: runs of letters, runs of digits, and every other visible code point by itself.

Clinical text glues and hyphenates (``5mg``, ``etanercept6``, ``anti-CD20``): split by white space,
2,140 of PharmaCoNER's mentions begin or end inside a word; split so, 10 do.
"""

from functools import cache
from typing import TYPE_CHECKING

from pharmaner.document import Span

if TYPE_CHECKING:
    from tokenizers.pre_tokenizers import PreTokenizer

LONGEST_WORD = 64
"""Runs longer than this many code points are split, so that a word always has few pieces."""

WORD_PATTERN = (
    rf"[\p{{L}}\p{{M}}]{{1,{LONGEST_WORD}}}"
    rf"|\p{{Nd}}{{1,{LONGEST_WORD}}}"
    r"|[^\s\p{L}\p{M}\p{Nd}]"
)
"""The regular expression of one word, in the syntax of the tokenizers library (Oniguruma)."""


@cache
def _splitter() -> "PreTokenizer":
    from tokenizers import Regex
    from tokenizers.pre_tokenizers import Split

    return Split(Regex(WORD_PATTERN), "removed", invert=True)


def split_words(text: str) -> list[Span]:
    """The words of a text in order, as spans; white space belongs to none.

    Every code point that is not white space is in exactly one word. Combining marks go with the
    letters they follow; zero-width characters, symbols and punctuation stand alone.
    """
    return [Span(*offsets) for _, offsets in _splitter().pre_tokenize_str(text)]
