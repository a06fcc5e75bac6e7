"""``Lexicon``: what is known of words beforehand, from lists of names and from unlabelled text.

Three tables, each from a word's hash to small numbers: clusters of words that unlabelled clinical
cases use alike, by the word without case and accents; lists of substances and proteins, by the
word's stem; lists of gene symbols, by the word as written. Only hashes are kept, so no list can be
read back from it. ``benchmarks/make_lexicon.py`` made the one in the package; its sources are in
docs/lexicon.md.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load

from pharmaner.text.forms import fold

CLUSTERINGS = 3
"""How many clusterings there are, from coarse to fine."""

SHORTEST_STEM = 4
"""In letters; shorter words and stems are in no list of stems."""

TABLES = {"clusters": CLUSTERINGS, "stems": 1, "symbols": 1}
"""The tables and how many numbers a word has in each."""

_RESPELLED = (
    *(("ph", "f"), ("th", "t"), ("y", "i"), ("qu", "c"), ("k", "c"), ("ch", "c")),
    *(("z", "c"), ("w", "v"), ("h", "")),
)


def stem(form: str) -> str:
    """What the Spanish, English and Latin spellings of a name share, as far as rules go.

    ``omeprazole`` and ``omeprazol``, ``levothyroxine`` and ``levotiroxina`` have the same.
    """
    respelled = fold(form)
    for letters, letter in _RESPELLED:
        respelled = respelled.replace(letters, letter)
    single = re.sub(r"(.)\1+", r"\1", respelled)
    return re.sub(r"(um|us|[aeio]+)$", "", single)


def cluster_form(form: str) -> str:
    """What stands for a word among those that are clustered; one stands for every number."""
    return "0" if form.isdigit() else fold(form)


def word_hash(form: str) -> int:
    """The hash of a word or of an attribute's name, 32 bits."""
    return zlib.crc32(form.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The tables by name: ascending hashes, uint32, and their rows of numbers, uint16."""

    hashes: Mapping[str, npt.NDArray[np.uint32]]
    numbers: Mapping[str, npt.NDArray[np.uint16]]

    def clusters(self, form: str) -> tuple[int, ...]:
        """The word's cluster in each clustering; empty for a word that was not clustered."""
        return self._row("clusters", cluster_form(form)) or ()

    def lists(self, form: str) -> int:
        """Which lists the word is in, as bits: those of stems, above them those of symbols."""
        of_stem = self._row("stems", stem(form)) or (0,)
        of_symbol = self._row("symbols", form) or (0,)
        return of_stem[0] | of_symbol[0] << 8

    def arrays(self) -> dict[str, npt.NDArray[np.unsignedinteger]]:
        """All tables as arrays with names, for a file."""
        return {f"{name}.hashes": array for name, array in self.hashes.items()} | {
            f"{name}.numbers": array for name, array in self.numbers.items()
        }

    def _row(self, table: str, form: str) -> tuple[int, ...] | None:
        hashes, wanted = self.hashes[table], np.uint32(word_hash(form))
        place = int(hashes.searchsorted(wanted))
        if place == len(hashes) or hashes[place] != wanted:
            return None
        return tuple(self.numbers[table][place].tolist())


def lexicon_of(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Lexicon:
    """The lexicon of a file's arrays.

    Raises:
        KeyError: when one is missing.
        ValueError: when one has another type or shape than it should.
    """
    hashes, numbers = {}, {}
    for table, columns in TABLES.items():
        known, row = arrays[f"{table}.hashes"], arrays[f"{table}.numbers"]
        if known.dtype != np.uint32 or row.dtype != np.uint16:
            raise ValueError(f"{table}: arrays of {known.dtype} and {row.dtype}")
        if known.ndim != 1 or row.shape != (len(known), columns):
            raise ValueError(f"{table}: arrays of {known.shape} and {row.shape}")
        hashes[table], numbers[table] = known.astype(np.uint32), row.astype(np.uint16)
    return Lexicon(hashes, numbers)


@cache
def packaged_lexicon() -> Lexicon:
    """The lexicon in the package."""
    return lexicon_of(load(Path(__file__).with_name("lexicon.safetensors").read_bytes()))
