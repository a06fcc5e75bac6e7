import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.decoding.crf import decode_chains
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.transitions import (
    legal_transitions,
    read_transitions,
    write_transitions,
)
from pharmaner.document import Span
from pharmaner.errors import ModelFolderError
from pharmaner.labels import LabelScheme, Tagging

BIO = LabelScheme(("DRUG", "PROTEIN"))
BIOES = LabelScheme(("DRUG", "PROTEIN"), Tagging.BIOES)


def words(count: int) -> tuple[Span, ...]:
    return tuple(Span(3 * place, 3 * place + 2) for place in range(count))


def is_written_by_encode(tags: tuple[int, ...], scheme: LabelScheme) -> bool:
    return scheme.encode(scheme.decode(tags), len(tags)) == list(tags)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([BIO, BIOES]))
def test_mentions_and_their_probabilities_are_those_of_all_legal_sequences(
    seed: int, length: int, scheme: LabelScheme
) -> None:
    random = np.random.default_rng(seed)
    tags = len(scheme.tags)
    emissions = Emissions("d", words(length), random.normal(0, 2, (length, tags)))
    legal = legal_transitions(scheme)
    transitions = np.where(legal, random.normal(0, 1, legal.shape), -np.inf)
    weights = {}
    for sequence in itertools.product(range(tags), repeat=length):
        if is_written_by_encode(sequence, scheme):
            emitted = sum(emissions.scores[place, tag] for place, tag in enumerate(sequence))
            followed = sum(transitions[pair] for pair in itertools.pairwise(sequence))
            weights[sequence] = np.exp(emitted + followed)
    best = max(weights, key=weights.__getitem__)
    (found,) = decode_chains([emissions], scheme, transitions)
    for mention, ranged in zip(found, scheme.decode(best), strict=True):
        assert (mention.start, mention.end) == (3 * ranged.first, 3 * ranged.stop - 1)
        assert mention.label == ranged.label
        agreeing = sum(w for tags, w in weights.items() if ranged in scheme.decode(tags))
        assert mention.score == pytest.approx(agreeing / sum(weights.values()))


@pytest.mark.parametrize("scheme", [BIO, BIOES])
def test_transitions_are_legal_where_encode_writes_them(scheme: LabelScheme) -> None:
    pairs = itertools.product(range(len(scheme.tags)), repeat=2)
    for before, after in pairs:
        around = itertools.product(range(len(scheme.tags)), repeat=2)
        written = any(is_written_by_encode((a, before, after, b), scheme) for a, b in around)
        tags = scheme.tags[before], scheme.tags[after]
        assert scheme.may_follow(*tags) is written, tags
    for tag in range(len(scheme.tags)):
        rest = range(len(scheme.tags))
        begins = any(is_written_by_encode((tag, other), scheme) for other in rest)
        ends = any(is_written_by_encode((other, tag), scheme) for other in rest)
        assert scheme.may_follow("O", scheme.tags[tag]) is begins
        assert scheme.may_follow(scheme.tags[tag], "O") is ends


def test_words_without_scores_belong_where_both_scored_neighbours_do() -> None:
    scores = np.full((4, len(BIO.tags)), -9.0)
    scores[0, BIO.tags.index("B-DRUG")] = scores[2, BIO.tags.index("I-DRUG")] = 0.0
    scores[3, 0] = 0.0
    scores[1] = np.nan
    legal = np.where(legal_transitions(BIO), 0.0, -np.inf)
    three = [
        Emissions("d", words(n), scores[first : first + n]) for first, n in [(0, 4), (1, 1), (0, 0)]
    ]
    (mention,), *others = decode_chains(three, BIO, legal)
    assert (mention.start, mention.end, mention.label) == (0, 8, "DRUG")
    assert others == [[], []]


def test_a_file_of_transitions_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "transitions.json"
    learned = np.random.default_rng(0).normal(size=(5, 5)).astype(np.float32)
    write_transitions(path, BIO, learned)
    read = read_transitions(path, BIO)
    legal = legal_transitions(BIO)
    assert (read[legal] == learned[legal]).all()
    assert np.isneginf(read[~legal]).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a file of transitions"),
        ("[]", "is not a file of transitions"),
        ('{"tags": ["O"], "scores": [["a"]]}', "is not a file of transitions"),
        ('{"tags": ["O"], "scores": [[0]]}', "those between O, B-DRUG, I-DRUG, B-PROTEIN, "),
        (f'{{"tags": {list(BIO.tags)}, "scores": [[0]]}}'.replace("'", '"'), "of (1, 1) between"),
        (
            f'{{"tags": {list(BIO.tags)}, "scores": {[[1e999] * 5] * 5}}}'.replace(
                "'", '"'
            ).replace("inf", "NaN"),
            "a transition is not a finite number",
        ),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "transitions.json"
    path.write_text(content)
    with pytest.raises(ModelFolderError) as caught:
        read_transitions(path, BIO)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
