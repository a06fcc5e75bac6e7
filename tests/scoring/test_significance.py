from itertools import combinations, product
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmaner.scoring.significance import (
    RATIOS,
    RESAMPLES,
    Difference,
    Resampled,
    differences,
    holm,
    intervals,
    resample,
)
from pharmaner.scoring.strict import Counts

Run = list[Counts]

numbers = st.integers(0, 6)
documents = st.builds(Counts, numbers, numbers, numbers)


@st.composite
def paired_systems(draw: st.DrawFn) -> tuple[list[Run], list[Run]]:
    size = draw(st.integers(1, 6))
    run = st.lists(documents, min_size=size, max_size=size)
    runs = st.lists(run, min_size=1, max_size=3)
    return draw(runs), draw(runs)


def ratios(counts: Counts) -> tuple[float, float, float]:
    return counts.precision, counts.recall, counts.f1


def score_of(runs: list[Run], drawn: list[int]) -> list[float]:
    """The means over runs of the ratios on documents named one by one: the slow way."""
    by_run = [ratios(sum((run[place] for place in drawn), Counts())) for run in runs]
    return [mean(column) for column in zip(*by_run, strict=True)]


def draws(size: int, resamples: int, seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        weights = random.multinomial(size, [1 / size] * size)
        drawn.append([place for place in range(size) for _ in range(weights[place])])
    return drawn


@settings(deadline=None, max_examples=60)
@given(paired_systems(), st.integers(0, 3))
def test_a_slow_loop_over_documents_gives_the_same(
    systems: tuple[list[Run], list[Run]], seed: int
) -> None:
    resamples = 40
    size = len(systems[0][0])
    drawn = draws(size, resamples, seed)
    fast = [resample(runs, resamples, seed) for runs in systems]
    slow = [[score_of(runs, places) for places in drawn] for runs in systems]
    observed = [score_of(runs, list(range(size))) for runs in systems]
    found = differences(*fast)
    for place, name in enumerate(RATIOS):
        for system in (0, 1):
            here = intervals(fast[system])[name]
            values = [row[place] for row in slow[system]]
            edges = np.percentile(values, [2.5, 97.5])
            assert here.value == pytest.approx(observed[system][place], abs=1e-12)
            assert [here.low, here.high] == pytest.approx(list(edges), abs=1e-12)
        delta = observed[0][place] - observed[1][place]
        starred = [a[place] - b[place] for a, b in zip(*slow, strict=True)]
        extreme = sum(abs(d - delta) >= abs(delta) - 1e-9 for d in starred)
        assert found[name].p_value == pytest.approx((extreme + 1) / (resamples + 1))
        edges = np.percentile(starred, [2.5, 97.5])
        assert [found[name].low, found[name].high] == pytest.approx(list(edges), abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            [[Counts(3, 1, 0), Counts(0, 2, 2), Counts(5, 0, 1)]],
            [[Counts(2, 1, 1), Counts(1, 0, 1), Counts(3, 2, 3)]],
        ),
        (
            [[Counts(3, 1, 0), Counts(2, 0, 2), Counts(5, 0, 1), Counts(1, 1, 0)]] * 2,
            [
                [Counts(2, 1, 1), Counts(1, 0, 3), Counts(3, 2, 3), Counts(1, 4, 0)],
                [Counts(3, 3, 0), Counts(0, 0, 4), Counts(4, 2, 2), Counts(0, 0, 1)],
            ],
        ),
    ],
)
def test_all_the_resamples_that_there_are_agree_with_those_drawn(
    one: list[Run], other: list[Run]
) -> None:
    size = len(one[0])
    every = [list(places) for places in product(range(size), repeat=size)]
    assert len(every) == size**size
    whole = list(range(size))
    drawn = 40_000
    pair = resample(one, drawn, seed=1), resample(other, drawn, seed=1)
    found = differences(*pair)
    for place, name in enumerate(RATIOS):
        delta = score_of(one, whole)[place] - score_of(other, whole)[place]
        exact = [score_of(one, d)[place] - score_of(other, d)[place] for d in every]
        p_value = mean(abs(d - delta) >= abs(delta) - 1e-9 for d in exact)
        # Three standard errors of a share, at its worst 0.5.
        assert found[name].p_value == pytest.approx(p_value, abs=3 * 0.5 / drawn**0.5)
        mass_below = mean(d < found[name].low - 1e-9 for d in exact)
        mass_up_to = mean(d <= found[name].low + 1e-9 for d in exact)
        assert mass_below - 0.003 <= 0.025 <= mass_up_to + 0.003
        mass_above = mean(d > found[name].high + 1e-9 for d in exact)
        mass_from = mean(d >= found[name].high - 1e-9 for d in exact)
        assert mass_above - 0.003 <= 0.025 <= mass_from + 0.003


@settings(deadline=None)
@given(paired_systems())
def test_a_system_does_not_differ_from_itself(systems: tuple[list[Run], list[Run]]) -> None:
    system = resample(systems[0], 50)
    assert set(differences(system, system).values()) == {Difference(0.0, 0.0, 0.0, 1.0)}


@settings(deadline=None)
@given(paired_systems())
def test_swapping_two_systems_turns_the_difference_round(
    systems: tuple[list[Run], list[Run]],
) -> None:
    one, other = (resample(runs, 50) for runs in systems)
    there, back = differences(one, other), differences(other, one)
    for name in RATIOS:
        assert there[name].p_value == back[name].p_value
        assert there[name].value == -back[name].value
        assert [there[name].low, there[name].high] == pytest.approx(
            [-back[name].high, -back[name].low], abs=1e-12
        )


@settings(deadline=None)
@given(paired_systems())
def test_intervals_lie_in_bounds_and_p_above_0(systems: tuple[list[Run], list[Run]]) -> None:
    one, other = (resample(runs, 50) for runs in systems)
    for interval in intervals(one).values():
        assert 0 <= interval.low <= interval.high <= 1
    for difference in differences(one, other).values():
        assert -1 <= difference.low <= difference.high <= 1
        assert 1 / 51 <= difference.p_value <= 1


def test_a_better_system_is_told_from_a_worse_one_and_noise_is_not() -> None:
    random = np.random.default_rng(5)
    found = random.binomial(20, 0.8, size=(2, 200))
    better = [Counts(int(n), 4, 20 - int(n)) for n in found[0]]
    equal = [Counts(int(n), 4, 20 - int(n)) for n in found[1]]
    worse = [Counts(c.true_positives - 2, 6, c.false_negatives + 2) for c in equal]
    one, two, three = (resample([run]) for run in (better, equal, worse))
    assert differences(one, three)["f1"].p_value == 1 / (RESAMPLES + 1)
    assert differences(one, three)["f1"].low > 0
    assert differences(one, two)["f1"].p_value > 0.05
    assert differences(one, two)["f1"].low < 0 < differences(one, two)["f1"].high


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    run = [Counts(n, 3, 7 - n) for n in range(8)]
    assert (resample([run]).resampled == resample([run]).resampled).all()
    assert (resample([run], seed=1).resampled != resample([run]).resampled).any()
    assert resample([run]).resampled.shape == (RESAMPLES, 3)
    assert len(resample([run], 1234).resampled) == 1234


@pytest.mark.parametrize("runs", [[], [[]], [[Counts()], [Counts(), Counts()]]])
def test_runs_over_other_documents_are_refused(runs: list[Run]) -> None:
    with pytest.raises(ValueError, match="runs over the same documents are needed"):
        resample(runs)


def test_a_percentile_interval_by_hand() -> None:
    values = np.linspace(0, 1, 1001)
    system = Resampled(np.array([0.5, 0.5, 0.5]), np.stack([values] * 3, axis=1))
    found = intervals(system)["f1"]
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=5), st.floats(0.001, 0.5))
def test_holm_rejects_what_closed_testing_by_bonferroni_rejects(
    p_values: list[float], level: float
) -> None:
    """Holm's method is the closure of Bonferroni's (Marcus, Peritz & Gabriel, 1976)."""
    places = range(len(p_values))
    subsets = [s for size in range(1, len(p_values) + 1) for s in combinations(places, size)]
    for place, adjusted in enumerate(holm(p_values)):
        worst = max(len(s) * min(p_values[i] for i in s) for s in subsets if place in s)
        assert adjusted == pytest.approx(min(1.0, worst))
        if abs(worst - level) > 1e-9:
            assert (adjusted <= level) is (worst <= level)
