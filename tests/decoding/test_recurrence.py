import numpy as np
import pytest

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions, normalised
from pharmaner.decoding.recurrence import with_recurring_names
from pharmaner.document import Mention
from pharmaner.errors import RecipeError
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.recipe import load_recipe
from pharmaner.text.words import split_words

BIO = LabelScheme(("DRUG", "PROTEIN"))


def emissions(text: str, found: dict[int, str], scheme: LabelScheme = BIO) -> Emissions:
    """Words that are outside by a little, but for those whose place is given, which are sure."""
    words = tuple(split_words(text))
    scores = np.full((len(words), len(scheme.tags)), -3.0)
    scores[:, 0] = 0.0
    for place, tag in found.items():
        scores[place] = -30.0
        scores[place, scheme.tags.index(tag)] = 0.0
    return Emissions("d", words, normalised(scores))


def spans(text: str, given: Emissions, bonus: float, scheme: LabelScheme = BIO) -> list[str]:
    decoder = Decoder(scheme, recurrence=bonus)
    return [f"{m.start}:{text[m.start : m.end]}" for m in decoder.mentions(given, text)]


def test_a_name_that_was_found_once_is_found_again_whatever_its_case() -> None:
    text = "Toma litio. LITIO: 2. Lítio, sodio."
    given = emissions(text, {1: "B-DRUG"})
    assert spans(text, given, 0.0) == ["5:litio"]
    assert spans(text, given, 4.0) == ["5:litio", "12:LITIO", "22:Lítio"]
    assert spans(text, given, 1.0) == ["5:litio"]


@pytest.mark.parametrize("tagging", [Tagging.BIO, Tagging.BIOES])
def test_a_name_of_several_words_recurs_as_a_whole(tagging: Tagging) -> None:
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    text = "ácido fólico y ácido; Ácido fólico, fólico"
    last = "E-DRUG" if tagging is Tagging.BIOES else "I-DRUG"
    given = emissions(text, {0: "B-DRUG", 1: last}, scheme)
    assert spans(text, given, 4.0, scheme) == ["0:ácido fólico", "22:Ácido fólico"]


def test_a_name_that_does_not_recur_keeps_its_score() -> None:
    text = "Toma litio y K, K."
    given = emissions(text, {1: "B-DRUG", 3: "B-DRUG"})
    apart, informed = (Decoder(BIO, recurrence=b).mentions(given, text) for b in (0.0, 4.0))
    assert apart == informed
    assert with_recurring_names(given, text, apart, BIO, 4.0) is None


def test_the_bonus_is_added_to_the_tags_that_write_the_name_and_to_no_other() -> None:
    text = "PCR alta, PCR baja"
    given = emissions(text, {0: "B-PROTEIN"})
    again = with_recurring_names(given, text, [Mention.at(0, 3, "PROTEIN")], BIO, 2.0)
    assert again is not None
    difference = again.scores - given.scores
    tag = BIO.tags.index("B-PROTEIN")
    for place in range(len(given.words)):
        gained = difference[place, tag] - np.delete(difference[place], tag)
        assert gained == pytest.approx(2.0 if place in {0, 3} else 0.0)


def test_a_word_without_scores_is_passed_over() -> None:
    text = "litio \u200b litio"
    given = emissions(text, {0: "B-DRUG"})
    given.scores[1] = np.nan
    assert spans(text, given, 4.0) == ["0:litio", "8:litio"]


def test_the_papers_scheme_decides_occurrences_apart() -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("paper-mbert", ["decoding.recurrence=4.0"])
    assert "decoding.recurrence 4 with tagging BIO+X" in str(error.value)
