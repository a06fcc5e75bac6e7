"""The fitted weights are where the penalised likelihood of all tag sequences is highest."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.transitions import legal_scores
from pharmaner.document import Document, Mention
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.surface.features import NO_FEATURE, surface_features
from pharmaner.surface.lexicon import packaged_lexicon
from pharmaner.surface.scorer import SurfaceScorer
from pharmaner.text.alignment import AlignmentReport, align
from pharmaner.text.words import split_words
from pharmaner.training.surface_fit import PENALTY, fit_surface

DRUGS = ["Paracetina", "Ibumolina", "Omeprazina", "Atenolina", "Salbutina", "Metforina"]
OTHERS = ["fiebre", "tos", "dolor", "reposo", "dieta", "control"]


def note(seed: int) -> Document:
    draw = random.Random(seed)
    text, mentions = "", []
    for _ in range(3):
        name = draw.choice(DRUGS) if draw.random() < 0.5 else draw.choice(OTHERS)
        if name in DRUGS:
            mentions.append(Mention.at(len(text) + 5, len(text) + 5 + len(name), "DRUG"))
        text += f"Pauta{' '}{name}. "
    return Document(f"note-{seed}", text.strip(), tuple(mentions))


def score_of(sequence: tuple[int, ...], emissions: np.ndarray, chain: np.ndarray) -> float:
    emitted = sum(emissions[place, tag] for place, tag in enumerate(sequence))
    return float(emitted + sum(chain[pair] for pair in itertools.pairwise(sequence)))


def penalised_loss(
    scorer: SurfaceScorer,
    scheme: LabelScheme,
    documents: list[Document],
    start: SurfaceScorer | None = None,
) -> float:
    """By enumeration of every tag sequence that may stand in a sentence."""
    chain = legal_scores(scheme, scorer.transitions)
    table, transitions = (start.table, start.transitions) if start else (0.0, 0.0)
    loss = PENALTY * float(((scorer.table - table).astype(float) ** 2).sum())
    loss += PENALTY * float(((scorer.transitions - transitions) ** 2).sum())
    for document in documents:
        words = split_words(document.text)
        emissions = scorer.emissions(document.text, words)
        tags = scheme.encode(align(document, words, scheme.types, AlignmentReport()), len(words))
        for first in range(0, len(words), 3):  # a verb, a name, a full stop
            sentence = emissions[first : first + 3]
            every = itertools.product(range(len(scheme.tags)), repeat=3)
            scores = [score_of(sequence, sentence, chain) for sequence in every]
            loss += float(np.logaddexp.reduce(scores))
            loss -= score_of(tuple(tags[first : first + 3]), sentence, chain)
    return loss


@pytest.mark.parametrize("has_start", [False, True])
@pytest.mark.parametrize("tagging", [Tagging.BIO, Tagging.BIOES])
def test_no_step_away_from_the_fitted_weights_lowers_the_loss(
    tagging: Tagging, has_start: bool
) -> None:
    scheme = LabelScheme(("DRUG",), tagging)
    documents = [note(seed) for seed in range(6)]
    others = [note(seed) for seed in range(10, 13)]
    start = fit_surface(others, scheme, 1.0) if has_start else None
    fitted = fit_surface(documents, scheme, 1.0, start=start)
    lowest = penalised_loss(fitted, scheme, documents, start)
    draw = np.random.default_rng(0)
    used = np.flatnonzero(fitted.table.any(axis=1))
    for _ in range(6):
        table = fitted.table.copy()
        table[used] += draw.normal(0, 0.02, (len(used), len(scheme.tags)))
        transitions = fitted.transitions + draw.normal(0, 0.05, fitted.transitions.shape)
        moved = replace(fitted, table=table, transitions=transitions)
        assert penalised_loss(moved, scheme, documents, start) > lowest
    nothing = replace(fitted, table=0 * fitted.table, transitions=0 * fitted.transitions)
    assert 3 * lowest < penalised_loss(nothing, scheme, documents, start)
    assert not fitted.table[NO_FEATURE].any()


def test_names_that_were_never_seen_are_found_by_their_looks() -> None:
    scheme = LabelScheme(("DRUG",))
    scorer = fit_surface([note(seed) for seed in range(40)], scheme, 1.0)
    text = "Pauta Levotirina. Pauta agua."
    words = split_words(text)
    emissions = Emissions("new", tuple(words), scorer.emissions(text, words))
    decoder = Decoder(scheme, legal_scores(scheme, scorer.weighted_transitions))
    found = [text[m.start : m.end] for m in decoder.mentions(emissions, text)]
    assert found == ["Levotirina"]


def test_what_a_start_knows_stays_where_the_documents_say_nothing_else() -> None:
    scheme = LabelScheme(("DRUG",))
    start = fit_surface([note(seed) for seed in range(40)], scheme, 1.0)
    text = "Alergia al polen."
    fitted = fit_surface([Document("new", text)], scheme, 1.0, start=start)
    rows = surface_features(text, split_words(text), packaged_lexicon())
    is_new = np.isin(np.arange(NO_FEATURE + 1), rows)
    assert (fitted.table[~is_new] == start.table[~is_new]).all()
    assert (fitted.table[is_new] != start.table[is_new]).any()


def test_the_same_documents_give_the_same_weights_and_every_pass_is_told() -> None:
    scheme = LabelScheme(("DRUG",))
    passes: list[tuple[int, int]] = []
    documents = [note(seed) for seed in range(5)]
    one = fit_surface(documents, scheme, 1.0, lambda *told: passes.append(told))
    other = fit_surface(documents, scheme, 1.0)
    assert (one.table == other.table).all()
    assert (one.transitions == other.transitions).all()
    assert [done for done, _ in passes] == list(range(1, len(passes) + 1))
    assert all(done <= most for done, most in passes)


def test_documents_without_words_or_mentions_are_no_obstacle() -> None:
    scheme = LabelScheme(("DRUG",))
    empty = fit_surface([Document("blank", " \n")], scheme, 1.0)
    assert not empty.table.any()
    plain = fit_surface([Document("plain", "Sin fiebre ni tos.")], scheme, 1.0)
    words = split_words("Sin tos.")
    assert (plain.emissions("Sin tos.", words).argmax(axis=1) == 0).all()
