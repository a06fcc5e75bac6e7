"""A page's parts as texts, whatever they are shown in: notes and a table under a heading."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spanish:
    """A section's heading and notes for readers of Spanish."""

    title: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what to know about the table, and the table; the first column names its rows."""

    title: str
    notes: list[str]
    columns: list[str]
    rows: list[list[str]]
    spanish: Spanish | None = None


def markdown_section(section: Section) -> str:
    """The section in Markdown, in English; a table without rows is left away."""
    lines = [section.columns, ["---", *["---:"] * (len(section.columns) - 1)]]
    lines += [[escaped(cell) for cell in row] for row in section.rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = [escaped(note) for note in section.notes]
    return "\n\n".join([f"## {section.title}", *notes, *([table] if section.rows else [])])


def markdown_facts(facts: list[tuple[str, str]]) -> str:
    """Names and texts as a list in Markdown."""
    return "\n".join(f"- {name}: {escaped(fact)}" for name, fact in facts)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no cell's end, no element, no emphasis, one line."""
    one_line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_|<>[]&" else c for c in one_line)


def interval(found: dict[str, Any], form: str = ".2f") -> str:
    """Both ends in percent."""
    return f"{format(100 * found['low'], form)} to {format(100 * found['high'], form)}"


def counted(number: int, what: str) -> str:
    """A number of things, in the plural where that is due."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
