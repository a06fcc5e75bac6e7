"""Arguments and options that several verbs share, and their help."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError
from pharmaner.scoring.strict import Scorer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ScorerOption = Annotated[
    Scorer, typer.Option(help="codalab leaves UNCLEAR out of gold and system; public does not.")
]
PredictedArgument = Annotated[
    Path | None, typer.Argument(help="A system's output: .ann files, or a corpus.")
]
ModelOption = Annotated[
    Path | None, typer.Option(help="A model folder; by default the tagger in the package, if any.")
]
ScoredModelOption = Annotated[
    Path | None,
    typer.Option(help="Score this model instead; by default the tagger in the package, if any."),
]
OfficialMissingOption = Annotated[
    bool, typer.Option(help="Pass over documents that the system did not return.")
]
OnMismatchOption = Annotated[
    OnMismatch,
    typer.Option(help="What to do where a file's quotation differs from the text it points at."),
]
EncoderOption = Annotated[
    str, typer.Option(help="A name that `pharmaner encoders` lists, a folder, or a hub id.")
]
OverridesOption = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be given repeatedly.")
]
SeedOption = Annotated[int | None, typer.Option(help="Short for --set training.seed=N.")]
ResumeOption = Annotated[bool, typer.Option(help="Go on with an interrupted training.")]


DictionaryOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TYPE=FILE",
        help="Names that are known beforehand, one a line, after a tab the code if it has one.",
    ),
]


def chosen_settings(
    verb: str, overrides: list[str] | None, encoder: str, seed: int | None
) -> list[str]:
    """What ``--set``, ``--encoder`` and ``--seed`` say together, as ``section.key=value``.

    Raises:
        InputError: when two of them set the same.
    """
    from pharmaner.recipe import setting

    settings = list(overrides or [])
    shorts = {}
    if encoder:
        shorts["--encoder"] = setting("encoder.name", encoder)
    if seed is not None:
        shorts["--seed"] = f"training.seed={seed}"
    given = {override.partition("=")[0] for override in settings}
    for option, short in shorts.items():
        if (key := short.partition("=")[0]) in given:
            raise InputError(f"{verb}: {option} and --set {key}; one of them is accepted")
    return [*settings, *shorts.values()]


EncodingOption = Annotated[str, typer.Option(help="How texts are encoded: utf-8, cp1252, ...")]
TextColumnOption = Annotated[str, typer.Option(help="A table's column with the text.")]
IdColumnOption = Annotated[str, typer.Option(help="A table's column with the id, if any.")]


class BackendName(StrEnum):
    """What computes a model's scores."""

    TORCH = "torch"
    ONNX = "onnx"


BackendOption = Annotated[
    BackendName | None,
    typer.Option(help="What computes; by default the fastest that the model's folder allows."),
]
