"""``pharmaner errors``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharmaner.cli.console import plain, say, stdout
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.evaluate import read_sides, say_absent
from pharmaner.cli.options import (
    DictionaryOption,
    JsonOption,
    OfficialMissingOption,
    OnMismatchOption,
    PredictedArgument,
    ScoredModelOption,
    ScorerOption,
)
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import OutputError
from pharmaner.scoring.strict import Scorer

if TYPE_CHECKING:
    from rich.table import Table

DOCUMENTS_PRINTED = 10

THE_SHIPPED = "the tagger in the package"


def errors(
    gold: Annotated[Path, typer.Argument(help="The annotated corpus.")],
    predicted: PredictedArgument = None,
    model: ScoredModelOption = None,
    dictionary: DictionaryOption = None,
    scorer: ScorerOption = Scorer.CODALAB,
    official_missing: OfficialMissingOption = False,
    on_mismatch: OnMismatchOption = OnMismatch.KEEP,
    train: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The annotated training corpus: tells seen mentions."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page with every error in its sentence."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Classify the errors of a system, or a model: boundary, type, missed, spurious."""
    from pharmaner.report.error_report import error_report
    from pharmaner.report.errors_page import write_errors_page
    from pharmaner.scoring.error_analysis import analyse
    from pharmaner.scoring.error_breakdowns import surfaces

    if page is not None and (page.is_dir() or not page.parent.is_dir()):
        raise OutputError(f"{page}: a file in a folder that exists is accepted")
    if page is not None and page.exists():
        raise OutputError(f"{page}: is there already; name a new file")
    seen = None if train is None else surfaces(read_annotated(train, on_mismatch))
    documents, system = read_sides(
        "errors", gold, predicted, model, on_mismatch, scorer, dictionary
    )
    analysis = analyse(documents, system, scorer, official_missing)
    say_absent(analysis.score, official_missing)
    if seen is None:
        say("without --train FOLDER, mentions seen in training are not told from unseen ones")
    report = error_report(analysis, seen)
    if page is not None:
        system_name = named.resolve().name if (named := predicted or model) else THE_SHIPPED
        write_errors_page(report, page, f"{gold.resolve().name} · {system_name}")
        say(f"{page}: {len(analysis.errors)} errors")
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _print(report)


def _print(report: dict[str, Any]) -> None:
    score = report["score"]
    tables = [_classes(report), _confusion(report["confusion"])]
    if report["wrong_types"]:
        tables.append(_wrong_types(report["wrong_types"]))
    breakdowns = dict(report["breakdowns"])
    documents = breakdowns.pop("document")
    tables += [_breakdown(f"by {name}", tallies) for name, tallies in breakdowns.items()]
    worst = dict(list(documents.items())[:DOCUMENTS_PRINTED])
    tables.append(_breakdown(f"the {len(worst)} documents with most errors", worst))
    for table in tables:
        stdout().print(table)
    if report["on_unscored"]:
        typer.echo(f"errors on mentions of a type that is not scored: {report['on_unscored']}")
    typer.echo("each error in its sentence: --page FILE.html or --json")
    stdout().print(score["signature"], style="dim", soft_wrap=True)


def _classes(report: dict[str, Any]) -> "Table":
    score = report["score"]
    table = _table(f"{score['documents']} documents, errors by class", "FN", "FP", "F1 if repaired")
    for kind, repaired in report["repaired"].items():
        counts = [
            str(report[side].get(kind, "")) for side in ("false_negatives", "false_positives")
        ]
        table.add_row(kind, *counts, f"{100 * repaired['f1']:.2f}")
    table.add_section()
    totals = [str(score[side]) for side in ("false_negatives", "false_positives")]
    table.add_row("all (F1 as it is)", *totals, f"{100 * score['f1']:.2f}", style="bold")
    return table


def _confusion(rows: dict[str, dict[str, int]]) -> "Table":
    columns = sorted({column for row in rows.values() for column in row})
    table = _table("gold type (rows) and predicted type, exact or overlapping", *columns)
    for name, row in rows.items():
        table.add_row(plain(name), *(str(row.get(column, 0)) for column in columns))
    return table


def _wrong_types(pairs: dict[str, dict[str, int]]) -> "Table":
    table = _table("types confused, whichever way round", "type", "boundary_and_type")
    for name, counts in pairs.items():
        table.add_row(plain(name), *map(str, counts.values()))
    return table


def _breakdown(title: str, tallies: dict[str, dict[str, Any]]) -> "Table":
    table = _table(title, "P", "R", "F1", "TP", "FP", "FN")
    for name, tally in tallies.items():
        ratios = [f"{100 * tally[ratio]:.2f}" for ratio in ("precision", "recall", "f1")]
        wrong, missed = (
            sum(tally[side].values()) for side in ("false_positives", "false_negatives")
        )
        table.add_row(plain(name), *ratios, *map(str, (tally["true_positives"], wrong, missed)))
    return table


def _table(title: str, *numbers: str) -> "Table":
    from rich.table import Table

    table = Table("", title=title, title_justify="left")
    for name in numbers:
        table.add_column(plain(name), justify="right")
    return table
