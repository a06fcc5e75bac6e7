import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.document import Mention, Span
from pharmaner.labels import LabelScheme, Tagging

BIO = LabelScheme(("DRUG", "PROTEIN"))
BIOES = LabelScheme(("DRUG", "PROTEIN"), Tagging.BIOES)
READING = {Tagging.BIO: "[BI]I*|[bi]i*", Tagging.BIOES: "[BI]I*E?|[ES]|[bi]i*e?|[es]"}
"""The repair rule as a regular expression over one letter a word, in capitals for DRUG."""


def emissions(rows: list[dict[str, float] | None], scheme: LabelScheme) -> Emissions:
    """Words of two letters and a space; ``None`` is a word without scores."""
    words = tuple(Span(3 * place, 3 * place + 2) for place in range(len(rows)))
    scores = np.full((len(rows), len(scheme.tags)), np.nan)
    for place, row in enumerate(rows):
        if row is not None:
            scores[place] = [np.log(row.get(tag, 1e-12)) for tag in scheme.tags]
    return Emissions("d", words, scores)


def certain(tags: str, scheme: LabelScheme) -> Emissions:
    """``B I E S`` are of type DRUG, ``b i e s`` of PROTEIN, ``.`` is a word without scores."""
    rows: list[dict[str, float] | None] = []
    for tag in tags:
        label = "DRUG" if tag.isupper() else "PROTEIN"
        name = "O" if tag == "O" else f"{tag.upper()}-{label}"
        rows.append(None if tag == "." else {name: 1.0})
    return emissions(rows, scheme)


def read(letters: str, scheme: LabelScheme) -> list[tuple[int, int, str]]:
    matches = re.finditer(READING[scheme.tagging], letters)
    return [(m.start(), m.end(), "DRUG" if m[0].isupper() else "PROTEIN") for m in matches]


def letter(tag: str) -> str:
    return tag[0].lower() if tag.endswith("PROTEIN") else tag[0]


def spans(mentions: list[Mention]) -> list[tuple[int, int, str]]:
    return [(m.start // 3, (m.end + 1) // 3, m.label) for m in mentions]


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from([BIO, BIOES]))
def test_mentions_are_those_of_the_likeliest_of_all_tag_sequences(
    data: st.DataObject, scheme: LabelScheme
) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    length = data.draw(st.integers(1, 3))
    random = np.random.default_rng(seed)
    scores = np.log(random.dirichlet(np.full(len(scheme.tags), 0.5), size=length) + 1e-30)
    words = tuple(Span(3 * place, 3 * place + 2) for place in range(length))
    sequences = itertools.product(range(len(scheme.tags)), repeat=length)
    best = max(sequences, key=lambda tags: sum(scores[p, t] for p, t in enumerate(tags)))
    found = decode(Emissions("d", words, scores), scheme)
    assert spans(found) == read("".join(letter(scheme.tags[tag]) for tag in best), scheme)


@settings(deadline=None, max_examples=200)
@given(st.text("OBIbi", min_size=1, max_size=12), st.text("OBIESbies", min_size=1, max_size=12))
def test_any_sequence_of_tags_is_read_by_the_repair_rule(bio: str, bioes: str) -> None:
    assert spans(decode(certain(bio, BIO), BIO)) == read(bio, BIO)
    assert spans(decode(certain(bioes, BIOES), BIOES)) == read(bioes, BIOES)


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("OBIO", BIO, [(1, 3, "DRUG")]),
        ("BBII", BIO, [(0, 1, "DRUG"), (1, 4, "DRUG")]),
        ("Bi", BIO, [(0, 1, "DRUG"), (1, 2, "PROTEIN")]),
        ("OII", BIO, [(1, 3, "DRUG")]),
        ("BIESbe", BIOES, [(0, 3, "DRUG"), (3, 4, "DRUG"), (4, 6, "PROTEIN")]),
        ("SI", BIOES, [(0, 1, "DRUG"), (1, 2, "DRUG")]),
        ("B.I", BIO, [(0, 3, "DRUG")]),
        ("B..IO", BIO, [(0, 4, "DRUG")]),
        (".BI.", BIO, [(1, 3, "DRUG")]),
        ("B.B", BIO, [(0, 1, "DRUG"), (2, 3, "DRUG")]),
        ("B.O", BIO, [(0, 1, "DRUG")]),
        ("O.I", BIO, [(2, 3, "DRUG")]),
        ("B.i", BIO, [(0, 1, "DRUG"), (2, 3, "PROTEIN")]),
        ("S.E", BIOES, [(0, 1, "DRUG"), (2, 3, "DRUG")]),
        ("...", BIO, []),
        ("", BIO, []),
    ],
)
def test_words_without_scores_belong_where_both_scored_neighbours_do(
    tags: str, scheme: LabelScheme, expected: list[tuple[int, int, str]]
) -> None:
    assert spans(decode(certain(tags, scheme), scheme)) == expected


def test_a_score_is_the_lowest_probability_of_the_type_over_the_words() -> None:
    rows: list[dict[str, float] | None] = [
        {"O": 0.05, "B-DRUG": 0.7, "I-DRUG": 0.2, "B-PROTEIN": 0.05},
        None,
        {"O": 0.25, "B-DRUG": 0.1, "I-DRUG": 0.5, "I-PROTEIN": 0.15},
        {"O": 0.97, "B-DRUG": 0.03},
        {"O": 0.3, "B-DRUG": 0.3, "B-PROTEIN": 0.4},
    ]
    first, second = decode(emissions(rows, BIO), BIO)
    assert first.score == pytest.approx(0.6)
    assert second.score == pytest.approx(0.4)
    assert (first.label, second.label) == ("DRUG", "PROTEIN")


def test_a_type_whose_name_ends_as_another_lends_it_no_probability() -> None:
    scheme = LabelScheme(("RUG", "D-RUG"))
    mention, *others = decode(emissions([{"B-RUG": 0.6, "B-D-RUG": 0.3, "O": 0.1}], scheme), scheme)
    assert others == []
    assert mention.label == "RUG"
    assert mention.score == pytest.approx(0.6)


def test_a_tag_of_a_position_lends_a_type_no_probability() -> None:
    scheme = LabelScheme(("P",), Tagging.BIO_X)
    row = {"B-P": 0.35, "I-P": 0.05, "SEP": 0.2, "O": 0.3, "X": 0.1}
    (mention,) = decode(emissions([row], scheme), scheme)
    assert mention.score == pytest.approx(0.4)


def test_a_score_never_exceeds_one_by_rounding() -> None:
    scores = np.array([[-60.0, 1e-9, -60.0, -60.0, -60.0]])
    (mention,) = decode(Emissions("d", (Span(0, 2),), scores), BIO)
    assert mention.score == 1.0
