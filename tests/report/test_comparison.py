"""A comparison on a page: all figures, nothing from elsewhere, nothing executed."""

import copy
import re
from typing import Any

import pytest

from pharmaner.report.comparison import comparison_html, comparison_markdown
from tests.report.test_html import HOSTILE, Page

TIMES = {"seconds", "pieces_per_second", "command"}


def comparable(content: Any) -> Any:
    """A comparison without what differs from run to run."""
    if isinstance(content, dict):
        return {key: comparable(value) for key, value in content.items() if key not in TIMES}
    return [comparable(value) for value in content] if isinstance(content, list) else content


def ratios(f1: float, sd: float | None) -> dict[str, Any]:
    found = {"mean": f1, "sd": sd, "low": f1 - 0.05, "high": f1 + 0.04}
    return dict.fromkeys(("precision", "recall", "f1"), found)


def system(name: str, f1: float, keep: str = "best", sd: float | None = 0.0123) -> dict[str, Any]:
    score = {"precision": f1, "recall": f1, "f1": f1}
    speed = {"mean": 2500.0, "sd": None if sd is None else 20.0}
    run = {"epochs": 8, "kept_epoch": 5, "seconds": 99.5, "pieces_per_second": 2500}
    return {
        "name": name,
        "encoder": name,
        "recipe": "default",
        "keep": keep,
        "parameters": 22_700_000,
        "alignment": {"mentions": 30, "not_exact": {"boundary": 1, "overlap": 1}},
        "micro": ratios(f1, sd),
        "by_type": {"DRUG": ratios(f1, sd)},
        "seconds": speed,
        "pieces_per_second": speed,
        "runs": [
            {"seed": seed, "score": score, **run} for seed in ((0,) if sd is None else (0, 1))
        ],
    }


def content(*systems: dict[str, Any]) -> dict[str, Any]:
    difference = {"value": 0.0311, "low": -0.01, "high": 0.07, "p_value": 0.0421, "p_holm": 0.1263}
    names = [s["name"] for s in systems]
    pairs = [[a, b] for place, a in enumerate(names) for b in names[place + 1 :]]
    return {
        "format": 1,
        "signature": "strict|scorer:public",
        "seeds": [run["seed"] for run in systems[0]["runs"]],
        "bootstrap": {"resamples": 10_000, "seed": 0, "documents": 250},
        "systems": list(systems),
        "differences": [
            {"systems": p, **dict.fromkeys(("precision", "recall", "f1"), difference)}
            for p in pairs
        ],
        "versions": {"pharmaner": "0.1.0"},
        "machine": {"processor": "A <fast> one", "cores": 2},
        "corpora": {"dev": {"documents": 250, "hash": "0123456789abcdef"}},
        "command": "pharmaner compare",
    }


THREE = content(system("beto", 0.8144), system("minilm", 0.7911, "last"), system("e5", 0.8))


def test_the_figures_stand_in_markdown() -> None:
    lines = comparison_markdown(THREE).splitlines()
    assert lines[0] == "# Comparison: 3 systems, 2 seeds"
    cells = "81.44 ± 1.23 | 76.44 to 85.44"
    assert f"| beto | {cells} | {cells} | {cells} |" in lines
    assert "| minilm minus e5 | F1 | +3.11 | -1.00 to +7.00 | 0.0421 | 0.1263 |" in lines
    assert "| e5 | 1 | 80.00 | 80.00 | 80.00 | 5 of 8 (best on dev) | 99.5 | 2500 |" in lines
    assert "| e5 | e5 | default | 22,700,000 | 30 | 2 | 2500.0 ± 20.0 | 2500 ± 20 |" in lines
    assert any("p (Holm) is corrected for 3 pairs" in line for line in lines)


def test_tables_have_a_cell_a_column_and_the_page_has_the_same_cells() -> None:
    markdown = comparison_markdown(THREE)
    tables = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    assert len(tables) == 5
    page = comparison_html(THREE)
    for table in tables:
        header, _, *rows = [line[2:-2].split(" | ") for line in table.splitlines()]
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        for row in rows:
            cells = "".join(f"<td>{cell}</td>" for cell in row[1:])
            assert f'<tr><th scope="row">{row[0]}</th>{cells}</tr>' in page


def test_the_choice_of_epochs_on_dev_is_stated() -> None:
    for shown in (comparison_markdown(THREE), comparison_html(THREE)):
        assert "beto, e5: each run keeps the epoch with the best F1 on these same dev" in shown
        assert "minilm: each run keeps its last epoch, no choice on dev." in shown
        assert "A difference between the two kinds holds that advantage." in shown
    fair = comparison_markdown(content(system("one", 0.5, "last"), system("two", 0.6, "last")))
    assert "flatter" not in fair


def test_one_pair_needs_no_correction_and_one_seed_has_no_sd() -> None:
    pair = comparison_markdown(content(system("one", 0.5, sd=None), system("two", 0.6, sd=None)))
    assert "Holm" not in pair
    assert "±" not in pair
    assert "one seed, no SD" in pair
    alone = content(system("one", 0.5, sd=None))
    assert "## Differences" not in comparison_markdown(alone)
    assert "Differences" not in comparison_html(alone)


def test_hostile_names_make_no_element_no_attribute_and_no_cell() -> None:
    hostile = content(system(HOSTILE + " | x", 0.5), system("two", 0.6))
    hostile["command"] = hostile["machine"]["processor"] = HOSTILE
    page = Page(comparison_html(hostile))
    harmless = Page(comparison_html(content(system("one", 0.5), system("two", 0.6))))
    assert page.tags == harmless.tags
    names = [(tag, name) for tag, name, _ in page.attributes]
    assert names == [(tag, name) for tag, name, _ in harmless.attributes]
    markdown = comparison_markdown(hostile)
    assert not re.findall(r"(?<!\\)[<>&`]", markdown)
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in markdown.splitlines()]
    plain = comparison_markdown(content(system("one", 0.5), system("two", 0.6)))
    assert bars == [len(re.findall(r"(?<!\\)\|", line)) for line in plain.splitlines()]


def test_a_page_refers_to_nothing_outside_itself_and_runs_nothing() -> None:
    text = comparison_html(THREE)
    page = Page(text)
    loading = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use"}
    assert loading.isdisjoint(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "style", "http-equiv"}
    assert not any(name.startswith("on") for name in names)
    assert not [w for w in ("http:", "https:", "url(", "@import", "//") if w in text.lower()]


def test_a_page_can_be_read_by_keyboard_and_by_ear() -> None:
    page = Page(comparison_html(THREE))
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("main") == page.tags.count("h1") == 1
    assert page.tags.count("table") == page.attributes.count(("div", "tabindex", "0"))
    labels = [value for tag, name, value in page.attributes if (tag, name) == ("div", "aria-label")]
    assert len(set(labels)) == len(labels) == page.tags.count("table")
    (figure,) = [v for tag, name, v in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert "beto 81.44 ± 1.23, 76.44 to 85.44" in str(figure)
    ids = [value for _, name, value in page.attributes if name == "id"]
    named = [value for _, name, value in page.attributes if name == "aria-labelledby"]
    assert sorted(map(str, ids)) == sorted(map(str, named))
    assert len(set(ids)) == len(ids)


def circles(page: str) -> list[tuple[str, float]]:
    found = re.findall(r'<circle class="(\w+)" cx="([\d.]+)%"', page)
    return [(kind, float(x)) for kind, x in found]


def test_the_figure_is_to_scale() -> None:
    """Ends lie at 4 and 96 percent of the width, everything else in proportion."""
    page = comparison_html(THREE)
    bars = re.findall(r'<line x1="([\d.]+)%" x2="([\d.]+)%"', page)
    low, high = 0.7911 - 0.05, 0.8144 + 0.04
    for (x1, x2), f1 in zip(bars, (0.8144, 0.7911, 0.8), strict=True):
        expected = [4 + 92 * (x - low) / (high - low) for x in (f1 - 0.05, f1 + 0.04)]
        assert [float(x1), float(x2)] == pytest.approx(expected, abs=0.01)
    means = [x for kind, x in circles(page) if kind == "mean"]
    assert means == pytest.approx(
        [4 + 92 * (f1 - low) / (high - low) for f1 in (0.8144, 0.7911, 0.8)], abs=0.01
    )
    assert [kind for kind, _ in circles(page)].count("run") == 6


def test_figures_that_are_all_equal_have_a_place() -> None:
    one = system("one", 0.0)
    one["micro"] = {
        name: {**found, "low": 0.0, "high": 0.0} for name, found in one["micro"].items()
    }
    assert circles(comparison_html(content(one))) == [("run", 50.0), ("run", 50.0), ("mean", 50.0)]


def test_rendering_changes_nothing() -> None:
    before = copy.deepcopy(THREE)
    comparison_markdown(THREE), comparison_html(THREE)
    assert before == THREE
