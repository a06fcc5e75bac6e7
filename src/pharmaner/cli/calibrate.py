"""``pharmaner calibrate``."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.options import OnMismatchOption
from pharmaner.corpora.mismatch import OnMismatch


def calibrate(
    model: Annotated[Path, typer.Argument(help="A folder that `train` wrote; it is completed.")],
    on: Annotated[Path, typer.Option(help="An annotated corpus that was not trained on.")],
    on_mismatch: OnMismatchOption = OnMismatch.KEEP,
) -> None:
    """Fit a temperature so that mentions' scores are probabilities; no mention changes."""
    from pharmaner.tagger import calibrate as fit

    fitted = fit(model, read_annotated(on, on_mismatch))
    say(f"temperature {fitted.temperature:.3f}, fitted on {fitted.mentions} predicted mentions")
    for name, found in (("before", fitted.before), ("after", fitted.after)):
        error, brier = found.expected_error, found.brier
        say(f"{name}: expected calibration error {error:.4f}, Brier {brier:.4f}")
