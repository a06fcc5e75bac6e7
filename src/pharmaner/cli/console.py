"""What the verbs print: tables, notices, progress."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def say(message: str) -> None:
    """Print a line to people, on standard error, so that standard output stays data."""
    if sys.stderr is not None:
        sys.stderr.write(f"{message}\n")  # a progress bar stands here, and lets the line pass


def plain(text: str) -> str:
    """A text that rich shows as it is, whatever it holds."""
    from rich.markup import escape

    return escape(text)


def print_scores(scores: dict[str, Any]) -> None:
    """Print precision, recall and F1 by type and micro, from ``Score.as_json``."""
    from rich.table import Table

    table = Table(title=f"{scores['documents']} documents, exact type, start and end")
    table.add_column("type")
    for name in ("P", "R", "F1", "TP", "FP", "FN"):
        table.add_column(name, justify="right")
    for label, counts in scores["by_type"].items():
        table.add_row(plain(label), *_cells(counts))
    table.add_section()
    table.add_row("micro", *_cells(scores), style="bold")
    stdout().print(table)
    stdout().print(scores["signature"], style="dim", soft_wrap=True)


def stdout() -> "Console":
    """A console on standard output that highlights nothing by itself."""
    from rich.console import Console

    return Console(highlight=False)


@contextmanager
def progress_bar(*columns: str) -> "Iterator[Progress]":
    """A progress bar on standard error; ``columns`` name task fields shown after the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    shown = [TextColumn("{task.fields[" + name + "]}") for name in columns]
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        *shown,
        console=Console(stderr=True, highlight=False),
    ) as progress:
        yield progress


def _cells(counts: dict[str, Any]) -> list[str]:
    ratios = [f"{100 * counts[name]:.2f}" for name in ("precision", "recall", "f1")]
    names = ("true_positives", "false_positives", "false_negatives")
    return ratios + [str(counts[name]) for name in names]
