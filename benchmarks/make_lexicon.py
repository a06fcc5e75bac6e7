"""Makes the lexicon in the package, see docs/lexicon.md.

python benchmarks/make_lexicon.py [--lists FOLDER --text FOLDER [--text FOLDER …]]

``--lists`` holds a text file for each published list below, a name a line. ``--text`` are folders
of plain texts that words are clustered by; it needs gensim (``pip install gensim``). Without them
the lexicon in the package keeps what it has of both. The project's own lists, in ``lists`` beside
this file, are added either way. Only hashes of words go into the lexicon. Nothing of a corpus that
is used to measure may be among the texts.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from pharmaner.storage import write_bytes
from pharmaner.surface import lexicon as lexicon_module
from pharmaner.surface.lexicon import (
    SHORTEST_STEM,
    TABLES,
    Lexicon,
    cluster_form,
    packaged_lexicon,
    stem,
    word_hash,
)
from pharmaner.text.words import split_words

STEMS = (
    ("drugs-unii-inn",),
    ("drugs-unii-pharmacopoeia",),
    ("chemicals-mesh", "chemicals-chebi-short"),
    ("proteins-mesh", "genes-hgnc-names", "enzymes-ec"),
)
"""The lists of each bit of the table of stems."""

SYMBOLS = ("genes-hgnc-symbols", "genes-hgnc-aliases")
OWN_LISTS = Path(__file__).with_name("lists")
OWN_STEMS = (("substances", 1 << 4, 1 << 6), ("proteins", 1 << 5, 1 << 7))
"""Own lists of words: the bit of a name of one word, and that of a word of a longer name."""

OWN_SYMBOLS = (
    *(("substance_abbreviations", 1 << 2), ("protein_abbreviations", 1 << 3)),
    ("other_abbreviations", 1 << 4),
)
OWN_BITS = {"stems": 0b1111_0000, "symbols": 0b1_1100}
CLUSTERS = (64, 256, 1024)
ROUNDS = 25
WORDS_IN_LINE = 60
_LETTERS = re.compile(r"[^\W\d_]+")

Table = dict[int, tuple[int, ...]]
"""From a word's hash to its numbers."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=Path)
    parser.add_argument("--text", type=Path, action="append")
    options = parser.parse_args()
    if bool(options.lists) != bool(options.text):
        parser.error("--lists and --text go together")
    tables = published(options.lists, options.text) if options.lists else packaged()
    add(tables["stems"], own_stems())
    add(tables["symbols"], own_symbols())
    lexicon = made_lexicon(tables)
    target = Path(lexicon_module.__file__).with_name("lexicon.safetensors")
    write_bytes(target, save(lexicon.arrays()))
    print(target, {name: len(table) for name, table in tables.items()})


def published(lists: Path, texts: Iterable[Path]) -> dict[str, Table]:
    clustered = {word_hash(word): row for word, row in clusters(lines(texts)).items()}
    tables: dict[str, Table] = {"clusters": clustered, "stems": {}, "symbols": {}}
    add(tables["stems"], stems(lists))
    add(tables["symbols"], symbols(lists))
    return tables


def packaged() -> dict[str, Table]:
    """The tables of the lexicon in the package, without what the own lists put there."""
    lexicon = packaged_lexicon()
    tables = {
        name: dict(zip(known.tolist(), map(tuple, lexicon.numbers[name].tolist()), strict=True))
        for name, known in lexicon.hashes.items()
    }
    for name, own in OWN_BITS.items():
        rest = {word: bits & ~own for word, (bits,) in tables[name].items()}
        tables[name] = {word: (bits,) for word, bits in rest.items() if bits}
    return tables


def add(table: Table, bits: dict[str, int]) -> None:
    """Set the bits of words beside those that the table has."""
    for word, further in bits.items():
        hashed = word_hash(word)
        (known,) = table.get(hashed, (0,))
        table[hashed] = (known | further,)


def own_names(name: str) -> Iterator[str]:
    for line in (OWN_LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield from line.partition(": ")[2].split(", ")


def own_stems() -> dict[str, int]:
    """The stems of words and of their plurals."""
    bits: dict[str, int] = {}
    for name, alone, part in OWN_STEMS:
        for words in map(_LETTERS.findall, own_names(name)):
            for form in (word + plural for word in words for plural in ("", "s", "es")):
                found = stem(form)
                if min(len(form), len(found)) >= SHORTEST_STEM:
                    bits[found] = bits.get(found, 0) | (alone if len(words) == 1 else part)
    return bits


def own_symbols() -> dict[str, int]:
    """Runs of two letters and more, as they are written."""
    bits: dict[str, int] = {}
    for name, bit in OWN_SYMBOLS:
        for word in (word for each in own_names(name) for word in _LETTERS.findall(each)):
            if len(word) > 1:
                bits[word] = bits.get(word, 0) | bit
    return bits


def names(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def stems(folder: Path) -> dict[str, int]:
    bits: dict[str, int] = {}
    for place, group in enumerate(STEMS):
        for line in (line for name in group for line in names(folder, name)):
            for word in _LETTERS.findall(line):
                found = stem(word)
                if min(len(word), len(found)) >= SHORTEST_STEM:
                    bits[found] = bits.get(found, 0) | 1 << place
    return bits


def symbols(folder: Path) -> dict[str, int]:
    """Bit 0: a symbol's letters; bit 1: a symbol or alias as it is."""
    official, further = (names(folder, name) for name in SYMBOLS)
    bits: dict[str, int] = {}
    for word in (word for symbol in official for word in _LETTERS.findall(symbol)):
        if len(word) > 1:
            bits[word] = 1
    for symbol in (symbol.strip() for symbol in (*official, *further)):
        if len(symbol) > 1:
            bits[symbol] = bits.get(symbol, 0) | 2
    return bits


def lines(folders: Iterable[Path]) -> Iterator[list[str]]:
    for path in (path for folder in folders for path in sorted(folder.glob("*.txt"))):
        text = path.read_bytes().decode("utf-8")
        forms = [cluster_form(text[word.start : word.end]) for word in split_words(text)]
        for first in range(0, len(forms), WORDS_IN_LINE):
            yield forms[first : first + WORDS_IN_LINE]


def clusters(sentences: Iterable[list[str]]) -> dict[str, tuple[int, ...]]:
    """Spherical k-means over fastText vectors (Bojanowski et al., 2017)."""
    from gensim.models import FastText

    model = FastText(
        list(sentences), vector_size=100, window=5, min_count=3, workers=2, sg=1, epochs=5,
        min_n=3, max_n=6, bucket=200_000,
    )  # fmt: skip
    vectors = unit(model.wv.vectors.astype(np.float32))
    random = np.random.default_rng(0)
    found = [k_means(vectors, count, random) for count in CLUSTERS]
    columns = zip(*(column.tolist() for column in found), strict=True)
    return dict(zip(model.wv.index_to_key, columns, strict=True))


def k_means(vectors: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    centres = vectors[random.choice(len(vectors), count, replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = (vectors @ centres.T).argmax(axis=1)
        for place in range(count):
            members = vectors[nearest == place]
            centres[place] = (
                members.mean(axis=0) if len(members) else vectors[random.integers(len(vectors))]
            )
        centres = unit(centres)
    return (vectors @ centres.T).argmax(axis=1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


def made_lexicon(tables: dict[str, Table]) -> Lexicon:
    hashes, numbers = {}, {}
    for name, table in tables.items():
        ordered = sorted(table)
        hashes[name] = np.array(ordered, dtype=np.uint32)
        rows = [table[known] for known in ordered]
        numbers[name] = np.array(rows, dtype=np.uint16).reshape(len(rows), TABLES[name])
    return Lexicon(hashes, numbers)


if __name__ == "__main__":
    main()
