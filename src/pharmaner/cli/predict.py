"""``pharmaner predict``."""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import stdout
from pharmaner.cli.corpora import read_texts
from pharmaner.cli.options import ModelOption
from pharmaner.errors import InputError

if TYPE_CHECKING:
    from pharmaner.prediction.predictor import Prediction


class Format(StrEnum):
    """What ``--output`` holds."""

    BRAT = "brat"
    JSONL = "jsonl"
    HTML = "html"


def predict(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="INPUT...", help=".txt files, folders of them; - or nothing: stdin"),
    ] = None,
    model: ModelOption = None,
    output: Annotated[Path | None, typer.Option(help="A folder to write.")] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="What --output holds.")
    ] = Format.BRAT,
) -> None:
    """Annotate texts. Without --output: JSON lines, or coloured text on a terminal."""
    from pharmaner.model_folder import shipped_folder
    from pharmaner.storage import refuse_occupied
    from pharmaner.tagger import Tagger

    if (model := model or shipped_folder()) is None:
        raise InputError("predict: --model DIR is needed, a folder that `pharmaner train` wrote")
    if output is not None:
        refuse_occupied(output)
    documents = read_texts(inputs or [Path("-")])
    predictions = Tagger.load(model).predict_documents(documents)
    if output is not None:
        with_progress = _tracked(predictions, len(documents))
        _write(with_progress, output, output_format)
        return
    for prediction in predictions:
        _print(prediction, is_named=len(documents) > 1)


def _print(prediction: "Prediction", is_named: bool) -> None:
    if sys.stdout.isatty():
        from pharmaner.report.terminal import coloured

        if is_named:
            stdout().rule(prediction.document.id)
        stdout().print(coloured(prediction.document), soft_wrap=True)
    else:
        from pharmaner.report.json_lines import json_line

        typer.echo(json_line(prediction))


def _write(predictions: "Iterable[Prediction]", output: Path, output_format: Format) -> None:
    from pharmaner.corpora.folder import write_folder
    from pharmaner.report.html import write_page
    from pharmaner.report.json_lines import json_line
    from pharmaner.storage import whole_folder

    if output_format is Format.BRAT:
        write_folder((prediction.document for prediction in predictions), output)
        return
    with whole_folder(output) as folder:
        if output_format is Format.HTML:
            write_page([prediction.document for prediction in predictions], folder / "index.html")
            return
        with (folder / "predictions.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
            for prediction in predictions:
                stream.write(json_line(prediction) + "\n")


def _tracked(predictions: "Iterable[Prediction]", total: int) -> "Iterator[Prediction]":
    from pharmaner.cli.console import progress_bar

    with progress_bar() as progress:
        yield from progress.track(predictions, total=total, description="predicting")
