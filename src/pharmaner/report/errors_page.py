"""An error analysis as one self-contained page for readers of charts: filters, search, plots."""

from pathlib import Path
from typing import Any

from pharmaner.document import Document, Mention, Span
from pharmaner.errors import OutputError
from pharmaner.report.rendering import render
from pharmaner.report.segments import segments
from pharmaner.storage import write_text

SIDES = ("gold", "predicted")


def write_errors_page(report: dict[str, Any], path: Path, title: str) -> None:
    """Write the page of an ``error_report``.

    Raises:
        OutputError: when the file cannot be written.
    """
    breakdowns = dict(report["breakdowns"])
    page = render(
        "errors.html",
        title=title,
        report=report,
        documents=breakdowns.pop("document"),
        breakdowns=breakdowns,
        columns=sorted({label for row in report["confusion"].values() for label in row}),
        errors=[{**error, "marked": _marked(error)} for error in report["errors"]],
    )
    try:
        write_text(path, page)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _marked(error: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The sentence in slices, each with the sides that have a mention there."""
    sentence = error["sentence"]
    mentions = [
        Mention(tuple(Span(a - sentence["start"], b - sentence["start"]) for a, b in spans), side)
        for side in SIDES
        if error[side]
        for spans in [error[side]["spans"]]
    ]
    document = Document(error["document"], sentence["text"], tuple(mentions))
    return [(text, [m.label for m in covering]) for text, covering in segments(document)]
