"""A comparison for people: the same tables in Markdown and on a self-contained HTML page."""

from dataclasses import dataclass
from typing import Any

from pharmaner.report.comparison_tables import (
    comparison_facts,
    comparison_sections,
    comparison_title,
    spread,
)
from pharmaner.report.rendering import render
from pharmaner.report.sections import interval, markdown_facts, markdown_section


def comparison_markdown(content: dict[str, Any]) -> str:
    """Markdown of what comparison.json holds."""
    sections = [markdown_section(section) for section in comparison_sections(content)]
    facts = markdown_facts(comparison_facts(content))
    blocks = [f"# {comparison_title(content)}", *sections, "## How this was made", facts]
    return "\n\n".join(blocks) + "\n"


def comparison_html(content: dict[str, Any]) -> str:
    """A page of what comparison.json holds; it refers to nothing outside itself."""
    return render(
        "comparison.html",
        title=comparison_title(content),
        sections=comparison_sections(content),
        facts=comparison_facts(content),
        figure=_figure(content["systems"]),
    )


@dataclass(frozen=True, slots=True)
class _Bar:
    """A system's F1 on the figure: places in percent of its width, and the figures as text."""

    name: str
    text: str
    low: float
    mean: float
    high: float
    runs: list[float]


def _figure(systems: list[dict[str, Any]]) -> list[_Bar]:
    """F1 with intervals, on an axis from the lowest to the highest end or run."""
    f1 = [system["micro"]["f1"] for system in systems]
    runs = [[run["score"]["f1"] for run in system["runs"]] for system in systems]
    ends = [x for found in f1 for x in (found["low"], found["high"])]
    ends += [x for of_system in runs for x in of_system]
    least, width = min(ends), max(ends) - min(ends)

    def place(value: float) -> float:
        return round(4 + 92 * (value - least) / width, 2) if width else 50.0

    return [
        _Bar(
            system["name"],
            f"{spread(found)}, {interval(found)}",
            place(found["low"]),
            place(found["mean"]),
            place(found["high"]),
            [place(run) for run in of_system],
        )
        for system, found, of_system in zip(systems, f1, runs, strict=True)
    ]
