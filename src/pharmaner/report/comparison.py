"""A comparison for people: the same tables in Markdown and on a self-contained HTML page."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pharmaner.report.comparison_tables import (
    comparison_facts,
    comparison_sections,
    comparison_title,
    interval,
    spread,
)


def comparison_markdown(content: dict[str, Any]) -> str:
    """Markdown of what comparison.json holds."""
    blocks = [f"# {comparison_title(content)}"]
    for section in comparison_sections(content):
        lines = [section.columns, ["---", *["---:"] * (len(section.columns) - 1)]]
        lines += [[_escaped(cell) for cell in row] for row in section.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        notes = [_escaped(note) for note in section.notes]
        blocks += [f"## {section.title}", *notes, *([table] if section.rows else [])]
    facts = "\n".join(f"- {name}: {_escaped(fact)}" for name, fact in comparison_facts(content))
    return "\n\n".join([*blocks, "## How this was made", facts]) + "\n"


def comparison_html(content: dict[str, Any]) -> str:
    """A page of what comparison.json holds; it refers to nothing outside itself."""
    environment = Environment(
        loader=PackageLoader("pharmaner.report"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("comparison.html").render(
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


def _escaped(cell: str) -> str:
    """Text that Markdown shows as it is: no cell's end, no element, no emphasis, one line."""
    one_line = " ".join(cell.split())
    return "".join(f"\\{c}" if c in "\\`*_|<>[]&" else c for c in one_line)
