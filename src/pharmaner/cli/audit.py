"""``pharmaner audit``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import plain, stdout
from pharmaner.cli.options import JsonOption

if TYPE_CHECKING:
    from pharmaner.corpora.audit import Audit


def audit(
    folder: Annotated[
        Path, typer.Argument(help="A corpus: a brat folder, or a file or folder in another format.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Report what an annotated corpus holds and every problem in it; exit 1 if there are any."""
    from pharmaner.corpora.audit import audit_folder

    found = audit_folder(folder)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(found)
    if found.problems:
        raise typer.Exit(1)


def _print(found: "Audit") -> None:
    from rich.table import Table

    from pharmaner.corpora.report import summary

    shortest, middle, longest = found.document_lengths
    typer.echo(
        f"{found.documents} documents of {shortest} to {longest} characters (median {middle:g})"
    )
    if found.mentions:
        table = Table()
        table.add_column("type")
        for name in ("mentions", "shortest", "median", "longest"):
            table.add_column(name, justify="right")
        for label, count in found.mentions.items():
            lengths = [f"{value:g}" for value in found.mention_lengths[label]]
            table.add_row(plain(label), str(count), *lengths)
        stdout().print(table)
    typer.echo(f"{found.discontinuous} discontinuous mentions")
    for problem in found.problems:
        typer.echo(str(problem))
    for hint in found.hints:
        typer.echo(f"hint: {hint}")
    count = len(found.problems)
    typer.echo(f"{count} problems: {summary(found.problems)}" if count else "no problems")
