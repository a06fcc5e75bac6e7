"""Arguments and options that several verbs share, and their help."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.scoring.strict import Scorer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ScorerOption = Annotated[
    Scorer, typer.Option(help="codalab leaves UNCLEAR out of gold and system; public does not.")
]
OnMismatchOption = Annotated[
    OnMismatch,
    typer.Option(help="What to do where a file's quotation differs from the text it points at."),
]
ModelOption = Annotated[Path, typer.Option(help="A folder that `pharmaner train` wrote.")]
