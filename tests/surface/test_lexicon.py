import numpy as np
import pytest
from benchmarks.make_lexicon import k_means, made_lexicon, own_names, unit
from hypothesis import given
from hypothesis import strategies as st

from pharmaner.surface.lexicon import (
    SHORTEST_STEM,
    lexicon_of,
    packaged_lexicon,
    stem,
    word_hash,
)


@pytest.mark.parametrize(
    "spellings",
    [
        ("omeprazol", "Omeprazole", "OMEPRAZOL", "omeprazolum"),
        ("levotiroxina", "levothyroxine"),
        ("metotrexato", "methotrexate"),
        ("ácido", "acid", "acido"),
        ("amoxicilina", "amoxicillin"),
        ("quinidina", "quinidine"),
        ("ketamina", "ketamine"),
    ],
)
def test_spellings_of_a_name_share_their_stem(spellings: tuple[str, ...]) -> None:
    assert len({stem(spelling) for spelling in spellings}) == 1


def test_different_names_keep_different_stems() -> None:
    names = ["omeprazol", "esomeprazol", "metformina", "metotrexato", "cefalexina", "cefazolina"]
    assert len({stem(name) for name in names}) == len(names)


def test_the_packages_lexicon_knows_drugs_and_symbols_from_common_words() -> None:
    lexicon = packaged_lexicon()
    for name in ("omeprazol", "rituximab", "levotiroxina", "Metformina", "BRCA"):
        assert lexicon.lists(name), name
    for word in ("paciente", "dolor", "semanas", "fue", ","):
        assert not lexicon.lists(word), word
    drugs = {lexicon.clusters(name)[0] for name in ("omeprazol", "metformina", "enalapril")}
    assert drugs != {lexicon.clusters("abdomen")[0]}
    assert lexicon.clusters("xyzzyx") == ()
    assert lexicon.clusters("7") == lexicon.clusters("1250")


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("substances", 1 << 4),
        ("proteins", 1 << 5),
        ("substance_abbreviations", 1 << 10),
        ("protein_abbreviations", 1 << 11),
        ("other_abbreviations", 1 << 12),
    ],
)
def test_the_packages_lexicon_has_the_projects_own_lists(name: str, bit: int) -> None:
    lexicon = packaged_lexicon()
    shortest = SHORTEST_STEM if bit < 1 << 8 else 2
    names = [own for own in own_names(name) if own.isalpha() and len(stem(own)) >= shortest]
    assert len(names) > 100
    assert [own for own in names if not lexicon.lists(own) & bit] == []
    assert not lexicon.lists("paciente") & bit


@given(st.dictionaries(st.text(max_size=8), st.integers(0, 255), max_size=20))
def test_a_word_has_the_numbers_that_its_table_gives_it(symbols: dict[str, int]) -> None:
    table = {word_hash(word): (bits,) for word, bits in symbols.items()}
    lexicon = lexicon_of(made_lexicon({"clusters": {}, "stems": {}, "symbols": table}).arrays())
    for word, bits in symbols.items():
        assert lexicon.lists(word) == bits << 8
    assert lexicon.lists("a word that is longer than any") == 0


def test_arrays_that_are_no_lexicon_are_refused() -> None:
    arrays = packaged_lexicon().arrays()
    with pytest.raises(KeyError):
        lexicon_of({name: array for name, array in arrays.items() if name != "stems.hashes"})
    with pytest.raises(ValueError, match="stems: arrays of float32"):
        lexicon_of(arrays | {"stems.hashes": arrays["stems.hashes"].astype(np.float32)})
    with pytest.raises(ValueError, match="stems: arrays of"):
        lexicon_of(arrays | {"stems.numbers": arrays["stems.numbers"][1:]})


def test_words_that_are_used_alike_get_one_cluster() -> None:
    random = np.random.default_rng(0)
    directions = unit(random.normal(size=(3, 20)))
    truth = np.repeat(np.arange(3), 30)
    vectors = unit(directions[truth] + random.normal(0, 0.05, (90, 20)))
    found = k_means(vectors, 3, np.random.default_rng(4))
    assert len(set(zip(truth.tolist(), found.tolist(), strict=True))) == 3
