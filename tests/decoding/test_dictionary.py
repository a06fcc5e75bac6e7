from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.dictionary import Dictionary, Listed, read_dictionary
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.document import Mention
from pharmaner.errors import DictionaryError
from pharmaner.labels import LabelScheme, Tagging, WordMention
from pharmaner.text.words import split_words

BIO = LabelScheme(("DRUG", "PROTEIN"))


def emissions(text: str, scheme: LabelScheme = BIO, outside: float = 3.0) -> Emissions:
    """Words that are outside by some nats."""
    words = tuple(split_words(text))
    scores = np.zeros((len(words), len(scheme.tags)))
    scores[:, 0] = outside
    return Emissions("d", words, normalised(scores))


def found(text: str, *listed: Listed, scheme: LabelScheme = BIO) -> list[tuple[str, str]]:
    decoder = Decoder(scheme, dictionary=Dictionary(listed))
    mentions = decoder.mentions(emissions(text, scheme), text)
    return [(text[m.start : m.end], m.label) for m in mentions]


def test_a_listed_name_is_found_whatever_its_case_and_accents() -> None:
    text = "Toma litio, LITIO o Lítio; no sodio."
    assert found(text) == []
    names = [("litio", "DRUG"), ("LITIO", "DRUG"), ("Lítio", "DRUG")]
    assert found(text, Listed("lítio", "DRUG")) == names


@pytest.mark.parametrize("tagging", [Tagging.BIO, Tagging.BIOES])
def test_the_longest_name_wins_and_is_found_across_white_space(tagging: Tagging) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    listed = [
        Listed("ácido", "DRUG"),
        Listed("acido fólico", "DRUG"),
        Listed("anti-CD20", "PROTEIN"),
    ]
    text = "Ácido\r\nfólico, ácido y anti - CD20"
    names = [("Ácido\r\nfólico", "DRUG"), ("ácido", "DRUG"), ("anti - CD20", "PROTEIN")]
    assert found(text, *listed, scheme=scheme) == names


def test_a_name_is_not_found_inside_a_word_and_a_short_one_only_as_written() -> None:
    assert found("as AS litios K k", Listed("AS", "DRUG"), Listed("litio", "DRUG")) == [
        ("AS", "DRUG")
    ]


def test_a_context_that_is_sure_of_something_else_overrules_the_list() -> None:
    decoder = Decoder(BIO, dictionary=Dictionary([Listed("plata", "DRUG")]))
    assert decoder.mentions(emissions("plata", outside=9.0), "plata") == []


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=12),
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4), st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_the_bonus_goes_to_the_tags_that_write_the_names_and_to_no_other(
    words: list[str], names: list[tuple[list[str], bool]]
) -> None:
    """Against every pair of ends, tried from the left and from the longest on."""
    listed = [(tuple(name), BIO.types[is_protein]) for name, is_protein in names]
    wanted = np.zeros((len(words), len(BIO.tags)))
    place = 0
    while place < len(words):
        for stop in range(len(words), place, -1):
            labels = {label for name, label in listed if name == tuple(words[place:stop])}
            for label in labels:
                tags = BIO.encode([WordMention(place, stop, label)], len(words))
                for inside in range(place, stop):
                    wanted[inside, tags[inside]] += 2.0
            if labels:
                break
        place = stop
    text = " ".join(words)
    before = emissions(text)
    dictionary = Dictionary(Listed(" ".join(name), label) for name, label in listed)
    after = dictionary.informed(before, text, BIO, 2.0)
    gained = after.scores - before.scores
    np.testing.assert_allclose(gained - gained[:, :1], wanted - wanted[:, :1], atol=1e-12)


def test_a_word_without_scores_is_passed_over() -> None:
    text = "ácido \u200b fólico"
    given = emissions(text)
    given.scores[1] = np.nan
    decoder = Decoder(BIO, dictionary=Dictionary([Listed("ácido fólico", "DRUG")]))
    assert [(m.start, m.end) for m in decoder.mentions(given, text)] == [(0, 14)]


def test_a_mention_gets_the_codes_of_its_name_and_type() -> None:
    dictionary = Dictionary(
        [
            Listed("litio", "DRUG", "ATC:N05AN01"),
            Listed("Litio", "DRUG", "MESH:D008094"),
            Listed("litio", "DRUG", "ATC:N05AN01"),
            Listed("litio", "PROTEIN", "X:1"),
            Listed("sodio", "DRUG"),
        ]
    )
    text = "LITIO y sodio"
    drug = dictionary.coded(Mention.at(0, 5, "DRUG", 0.9), text)
    assert (drug.codes, drug.score) == (("ATC:N05AN01", "MESH:D008094"), 0.9)
    assert dictionary.coded(Mention.at(0, 5, "PROTEIN"), text).codes == ("X:1",)
    assert dictionary.coded(Mention.at(8, 13, "DRUG"), text).codes == ()
    assert dictionary.coded(Mention.at(0, 13, "DRUG"), text).codes == ()


def test_a_list_is_read_with_and_without_codes(tmp_path: Path) -> None:
    path = tmp_path / "drugs.tsv"
    path.write_bytes("\ufefflitio\tATC:N05AN01\r\n\r\nácido fólico\n".encode())
    dictionary = read_dictionary([("DRUG", path)])
    assert dictionary.labels == {"DRUG"}
    text = "litio, acido folico"
    assert dictionary.coded(Mention.at(0, 5, "DRUG"), text).codes == ("ATC:N05AN01",)
    gained = dictionary.informed(emissions(text), text, BIO, 4.0).scores[:, 0]
    assert (gained < -0.5).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"litio\n\tN05\n", ':2: found "N05"; a name, or a name, a tab and a code are accepted'),
        (
            b"a\tb\tc\n",
            ":1: found 3 columns; a name, or a name, a tab and a code are accepted",
        ),
        (b"-\n", ':1: found "-"; a name, or a name, a tab and a code are accepted'),
        (b"\n \n", ": has no name"),
        (b"\xff", ": cannot be read; a list of names in UTF-8 is accepted"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "drugs.tsv"
    path.write_bytes(content)
    with pytest.raises(DictionaryError) as error:
        read_dictionary([("DRUG", path)])
    assert str(error.value) == f"{path}{said}"
