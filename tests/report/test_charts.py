"""Geometry: ends lie at ends, everything else in proportion, ticks are round and cover."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmaner.report.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    axis,
    line_chart,
    reliability_chart,
)


@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=8))
def test_an_axis_covers_its_values_with_few_round_ticks(values: list[float]) -> None:
    found = axis(values, "x")
    assert found.low <= min(values) + 1e-9 * max(values)
    assert found.high >= max(values) * (1 - 1e-9)
    assert found.low >= 0
    ticks = list(found.ticks)
    assert 2 <= len(ticks) <= 8
    assert (ticks[0], ticks[-1]) == (found.low, found.high)
    step = (ticks[-1] - ticks[0]) / (len(ticks) - 1)
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9)) in {1, 2, 5}
    assert len(set(found.ticks.values())) == len(ticks)
    for value, text in found.ticks.items():
        assert float(text) == pytest.approx(value, rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_percent_never_pass_100(values: list[float]) -> None:
    assert axis(values, "%", highest=100.0).high <= 100 + 1e-9


@given(st.integers(1, 400))
def test_epochs_have_whole_ticks(epochs: int) -> None:
    found = axis([0.0, float(epochs)], "epoch", least_step=1.0)
    assert all(text.isdigit() for text in found.ticks.values())
    assert found.high >= epochs


def test_a_line_is_to_scale_and_stops_where_there_is_no_value() -> None:
    x, y = axis([0, 4], "x", least_step=1.0), axis([0, 10], "y")
    chart = line_chart("text", x, y, [0, 1, 2, 4], {"loss": [10, 5, None, 0]}, marker=4)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    first, second = chart.lines[0].stretches
    assert first == [(LEFT, TOP), (LEFT + width / 4, TOP + height / 2)]
    assert second == [(LEFT + width, TOP + height)]
    assert chart.marker == LEFT + width


def test_columns_stand_over_their_bins_as_high_as_their_share() -> None:
    empty = {"predictions": 0, "mean_score": None, "share_right": None}
    full = {"predictions": 8, "mean_score": 0.25, "share_right": 0.75}
    bins = [{"low": 0.0, "high": 0.5, **full}, {"low": 0.5, "high": 1.0, **empty}]
    (column,) = reliability_chart("text", bins).columns
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    assert (column.x, column.width) == (LEFT + 1, width / 2 - 2)
    assert column.height == pytest.approx(0.75 * height)
    assert column.y + column.height == HEIGHT - BOTTOM
    assert column.dot == LEFT + width / 4
    assert column.label == "8"
