"""``pharmaner report``."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.evaluate import predict_gold
from pharmaner.corpora.mismatch import OnMismatch


def report(
    model: Annotated[Path, typer.Argument(help="A folder that `train` or `export` wrote.")],
    output: Annotated[Path, typer.Option(help="The folder to write.")],
    dev: Annotated[
        Path | None, typer.Option(help="An annotated corpus to score the model on.")
    ] = None,
) -> None:
    """Training curve, scores with intervals, thresholds, calibration, card: HTML and Markdown."""
    from pharmaner.report.model_content import dev_content, training_content
    from pharmaner.report.model_report import PAGE, write_model_report
    from pharmaner.report.trained_model import read_trained_model
    from pharmaner.storage import refuse_occupied

    refuse_occupied(output)
    trained = read_trained_model(model)
    content = training_content(trained)
    if dev is not None:
        from pharmaner.tagger import Tagger

        gold, predicted = predict_gold(Tagger.load(model), read_annotated(dev, OnMismatch.KEEP))
        content["dev"] = dev_content(trained, dev.resolve().name, gold, predicted)
    write_model_report(content, output)
    say(f"report: {output / PAGE}, .md and .json")
