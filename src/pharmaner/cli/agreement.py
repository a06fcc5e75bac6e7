"""``pharmaner agreement``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharmaner.cli.console import plain, say, stdout
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.options import JsonOption, OnMismatchOption, ScorerOption
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.corpora.report import ProblemKind
from pharmaner.errors import InputError
from pharmaner.scoring.strict import Scorer

if TYPE_CHECKING:
    from rich.table import Table

DISAGREEMENTS_PRINTED = 30
LONGEST_QUOTATION = 60


def agreement(
    corpora: Annotated[
        list[Path], typer.Argument(metavar="A B...", help="The same texts, by each annotator.")
    ],
    scorer: ScorerOption = Scorer.PUBLIC,
    on_mismatch: OnMismatchOption = OnMismatch.KEEP,
    as_json: JsonOption = False,
) -> None:
    """Compare annotators two by two: F1 of spans, by type, and where they disagree."""
    from pharmaner.scoring.agreement import agreement as compare_annotators

    if len(corpora) < 2 or len({path.resolve() for path in corpora}) < len(corpora):
        raise InputError("agreement: two or more different corpora are accepted")
    annotators = {
        name: read_annotated(path, on_mismatch, passed_over=frozenset({ProblemKind.MISSING_ANN}))
        for name, path in zip(_names(corpora), corpora, strict=True)
    }
    pairs = [pair.as_json() for pair in compare_annotators(annotators, scorer)]
    for pair in pairs:
        for side, name in (("only_first", pair["first"]), ("only_second", pair["second"])):
            for document in pair[side]:
                say(f"{document}: only {name} has it, not compared")
    if as_json:
        typer.echo(json.dumps({"pairs": pairs}, indent=2, ensure_ascii=False))
        return
    for pair in pairs:
        _print(pair)


def _names(corpora: list[Path]) -> list[str]:
    """The last parts of the paths, or the whole where those are the same."""
    short = [path.resolve().name for path in corpora]
    return short if len(set(short)) == len(short) else [str(path) for path in corpora]


def _print(pair: dict[str, Any]) -> None:
    stdout().print(_scores(pair))
    shown = pair["disagreements"][:DISAGREEMENTS_PRINTED]
    if shown:
        stdout().print(_disagreements(pair, shown))
    if more := len(pair["disagreements"]) - len(shown):
        typer.echo(f"{more} more disagreements: --json lists all")


def _scores(pair: dict[str, Any]) -> "Table":
    from rich.table import Table

    first, second = plain(pair["first"]), plain(pair["second"])
    table = Table("type", title=f"{first} and {second}, {pair['documents']} documents")
    for name in ("F1", "both", f"{first} alone", f"{second} alone"):
        table.add_column(name, justify="right")
    for label, counts in pair["by_type"].items():
        table.add_row(plain(label), *_cells(counts))
    table.add_section()
    table.add_row("all", *_cells(pair), style="bold")
    return table


def _disagreements(pair: dict[str, Any], shown: list[dict[str, Any]]) -> "Table":
    from rich.table import Table

    table = Table("document", "kind", title="disagreements", title_justify="left")
    for side in ("first", "second"):
        table.add_column(plain(pair[side]), overflow="fold")
    for held in shown:
        sides = [plain(_shown(held[side])) for side in ("first", "second")]
        table.add_row(plain(held["document"]), held["kind"].replace("_", " "), *sides)
    return table


def _shown(mention: dict[str, Any] | None) -> str:
    if mention is None:
        return "-"
    places = ";".join(f"{start} {end}" for start, end in mention["spans"])
    text = " ".join(mention["text"].split())
    short = text if len(text) <= LONGEST_QUOTATION else text[: LONGEST_QUOTATION - 3] + "..."
    return f"{mention['label']} {places} {short}"


def _cells(counts: dict[str, Any]) -> list[str]:
    numbers = [str(counts[name]) for name in ("both", "first_alone", "second_alone")]
    f1 = f"{100 * counts['f1']:.2f}" if any(map(int, numbers)) else "–"
    return [f1, *numbers]
