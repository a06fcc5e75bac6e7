"""Where the marks of the trials' plots stand: pure geometry, drawn by the page's template."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pharmaner.experiments.space import Parameter
from pharmaner.experiments.trials import FINISHED, TrialRecord, best_of, percent, rounded

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 12, 34


@dataclass(frozen=True, slots=True)
class Mark:
    """A trial at a place; ``kind`` is ``best``, ``finished`` or ``stopped``."""

    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot's marks, its ticks as (place, text), and a line through ``line`` as SVG points."""

    x_label: str
    marks: list[Mark]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    line: str = ""


def plot_by_trial(trials: Sequence[TrialRecord]) -> Plot:
    """The dev F1 of each trial by number, and the best until then as a line."""
    judged = [trial for trial in trials if trial.f1 is not None]
    span = (1, max(2, max(trial.number for trial in judged)))
    places = {trial.number: _place(trial.number, *span) for trial in judged}
    ticks = sorted({span[0], (span[0] + span[1]) // 2, span[1]})
    plot = _plot(judged, places, "", [(_place(tick, *span), str(tick)) for tick in ticks])
    y_of = _scale(judged)
    corners: list[tuple[float, float]] = []
    best = -1.0
    for trial in judged:
        if trial.state == FINISHED:
            before, best = best, max(best, trial.f1 or 0.0)
            if before >= 0:
                corners.append((places[trial.number], y_of(before)))
            corners.append((places[trial.number], y_of(best)))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return Plot("", plot.marks, plot.x_ticks, plot.y_ticks, line)


def plot_by_parameter(key: str, parameter: Parameter, trials: Sequence[TrialRecord]) -> Plot:
    """The dev F1 of each trial by one parameter's value."""
    judged = [trial for trial in trials if trial.f1 is not None]
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        order = sorted(parameter.values, key=lambda value: (isinstance(value, str), value))
        middle = {value: _place(place + 0.5, 0, len(order)) for place, value in enumerate(order)}
        places = {t.number: middle[t.parameters[key]] + 4 * (t.number % 5 - 2) for t in judged}
        ticks = [(middle[value], rounded(value)) for value in order]
    else:
        bend = math.log if parameter.log else float
        ends = bend(low), bend(high)
        places = {t.number: _place(bend(float(t.parameters[key])), *ends) for t in judged}
        ticks = [(_place(bend(value), *ends), rounded(value)) for value in (low, high)]
    return _plot(judged, places, key, ticks)


def _plot(
    judged: Sequence[TrialRecord],
    places: dict[int, float],
    x_label: str,
    x_ticks: list[tuple[float, str]],
) -> Plot:
    best, y_of = best_of(judged), _scale(judged)
    marks = [
        Mark(
            places[trial.number],
            y_of(trial.f1 or 0.0),
            "best" if trial == best else "finished" if trial.state == FINISHED else "stopped",
            f"{trial.number}: F1 {percent(trial.f1)}",
        )
        for trial in judged
    ]
    return Plot(x_label, marks, x_ticks, [(y_of(tick), percent(tick)) for tick in _ticks(judged)])


def _place(value: float, low: float, high: float) -> float:
    return LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * (value - low) / (high - low)


def _range(judged: Sequence[TrialRecord]) -> tuple[float, float]:
    """From the worst finished trial to the best; those stopped early do not stretch the plot."""
    reached = [trial.f1 or 0.0 for trial in judged if trial.state == FINISHED]
    low, high = min(reached), max(reached)
    margin = max((high - low) * 0.08, 0.002)
    return low - margin, high + margin


def _scale(judged: Sequence[TrialRecord]) -> Callable[[float], float]:
    low, high = _range(judged)

    def y_of(f1: float) -> float:
        share = (max(f1, low) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(share, 1.0)

    return y_of


def _ticks(judged: Sequence[TrialRecord]) -> list[float]:
    low, high = _range(judged)
    steps = (factor * 10.0**power for power in range(-4, 0) for factor in (1, 2, 5))
    step = next((step for step in steps if (high - low) / step <= 5), 0.5)
    first = math.ceil(low / step)
    return [count * step for count in range(first, math.floor(high / step) + 1)]
