"""Where the parts of the report's charts stand: pure geometry, drawn by the page's template.

Places are in the units of a drawing WIDTH by HEIGHT, y downwards.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 34, 42

_MOST_TICKS = 6
_MOST_DOTS = 30
"""Lines through more points than this show no dots."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from ``low`` to ``high``, which are ticks themselves; ``ticks`` are its labels."""

    label: str
    low: float
    high: float
    ticks: dict[float, str]

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; a stretch without values interrupts it."""

    name: str
    stretches: list[list[tuple[float, float]]]
    has_dots: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A bin's column, with a label above it, and a dot at its mean score."""

    x: float
    y: float
    width: float
    height: float
    label: str
    dot: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines or columns over two axes; ``text`` says in words what is seen.

    ``marker`` is the place of a vertical line.
    """

    text: str
    x_label: str
    y_label: str
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    lines: list[Line]
    columns: list[Column]
    marker: float | None = None


def line_chart(
    text: str,
    x: Axis,
    y: Axis,
    at: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    marker: float | None = None,
) -> Chart:
    """Lines by name over the same places ``at``; ``None`` is no value."""
    lines = []
    for name, values in series.items():
        stretches: list[list[tuple[float, float]]] = [[]]
        for place, value in zip(at, values, strict=True):
            if value is None:
                stretches.append([])
            else:
                stretches[-1].append((_x(x, place), _y(y, value)))
        lines.append(Line(name, [s for s in stretches if s], len(at) <= _MOST_DOTS))
    return _chart(text, x, y, lines, [], None if marker is None else _x(x, marker))


def reliability_chart(text: str, bins: Sequence[Mapping[str, float | None]]) -> Chart:
    """A column for each bin that is not empty: the share of right predictions in percent."""
    x, y = axis([0, 1], "score"), axis([0, 100], "right, %")
    columns = []
    for shown in bins:
        low, high, predictions = (shown[name] or 0.0 for name in ("low", "high", "predictions"))
        mean_score, share = shown["mean_score"], shown["share_right"]
        if mean_score is not None and share is not None:
            left, top = _x(x, low), _y(y, 100 * share)
            width, height = _x(x, high) - left - 2, HEIGHT - BOTTOM - top
            label = f"{predictions:.0f}"
            columns.append(Column(left + 1, top, width, height, label, _x(x, mean_score)))
    return _chart(text, x, y, [], columns)


def axis(
    values: Sequence[float], label: str, least_step: float = 0.0, highest: float = math.inf
) -> Axis:
    """An axis over all values, its ends and ticks at multiples of a step of 1, 2 or 5 times 10^n.

    Args:
        values: at least one, all finite, none below 0.
        label: what the axis measures.
        least_step: the smallest step between ticks.
        highest: what can never be passed, so that the axis does not either; a tick.
    """
    low, high = min(values), max(values)
    if low == high:
        margin = max(abs(low) / 100, 1e-3)
        low, high = max(0.0, low - margin), min(high + margin, highest)
    power = math.floor(math.log10(high - low)) - 2
    steps = (factor * 10.0**n for n in range(power, power + 5) for factor in (1, 2, 5))
    step = next(s for s in steps if s >= least_step and (high - low) / s <= _MOST_TICKS - 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = {n * step: f"{n * step:.{decimals}f}" for n in range(first, last + 1)}
    return Axis(label, first * step, last * step, ticks)


def _chart(
    text: str,
    x: Axis,
    y: Axis,
    lines: list[Line],
    columns: list[Column],
    marker: float | None = None,
) -> Chart:
    x_ticks = [(_x(x, value), shown) for value, shown in x.ticks.items()]
    y_ticks = [(_y(y, value), shown) for value, shown in y.ticks.items()]
    return Chart(text, x.label, y.label, x_ticks, y_ticks, lines, columns, marker)


def _x(axis: Axis, value: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * axis.share(value), 2)


def _y(axis: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.share(value), 2)
