from itertools import combinations

import pytest

from pharmaner.corpora.audit import audit_folder
from tests.conftest import SAMPLE

PARTS = ["train", "dev", "test"]


def texts(part: str) -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in (SAMPLE / part).glob("*.txt")}


def surfaces(part: str) -> set[str]:
    found = set()
    for path in (SAMPLE / part).glob("*.ann"):
        for line in path.read_text("utf-8").split("\n"):
            if line.startswith("T"):
                found.add(line.split("\t")[2].casefold())
    return found


@pytest.mark.parametrize("part", PARTS)
def test_the_sample_corpus_audits_clean(part: str) -> None:
    found = audit_folder(SAMPLE / part)
    assert found.problems == ()
    assert found.hints == ()
    assert found.documents == len(texts(part))
    assert {"NORMALIZABLES", "PROTEINAS"} <= set(found.mentions)


def test_the_sample_corpus_holds_eighty_notes_or_more() -> None:
    assert sum(len(texts(part)) for part in PARTS) >= 80


def test_no_note_is_in_two_parts() -> None:
    for one, other in combinations(PARTS, 2):
        assert texts(one).keys().isdisjoint(texts(other))
    normal = [" ".join(text.casefold().split()) for part in PARTS for text in texts(part).values()]
    assert len(set(normal)) == len(normal)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_third_of_the_held_out_surfaces_are_new(part: str) -> None:
    held_out = surfaces(part)
    new = held_out - surfaces("train")
    assert len(held_out) >= 30
    assert 3 * len(new) >= len(held_out)
