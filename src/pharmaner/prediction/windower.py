"""``Windower``: texts to windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from pharmaner.document import Span
from pharmaner.recipe import TextSection
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.text.sentences import split_sentences
from pharmaner.text.windows import Window, cut_windows, sentence_units


@dataclass(frozen=True, slots=True)
class Windower:
    """Cuts texts as a recipe says."""

    tokenizer: PieceTokenizer
    text: TextSection

    def windows(self, text: str, words: Sequence[Span]) -> list[Window]:
        """The windows of a text; together they own every word once."""
        within_sentences = self.text.input == "sentence"
        sentences: list[range] = []
        if within_sentences or self.text.context:
            sentences = sentence_units(words, split_sentences(text))
        units = sentences if within_sentences else [range(len(words))] if words else []
        pieces = self.tokenizer.pieces(text, words)
        return cut_windows(
            pieces,
            units,
            self.text.window,
            self.text.context,
            self.tokenizer.prefix,
            self.tokenizer.suffix,
            [sentence.start for sentence in sentences],
        )
