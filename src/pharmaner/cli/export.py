"""``pharmaner export``."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.corpora import read_annotated
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError, MissingExtraError, ParityError


def export(
    model: Annotated[Path, typer.Argument(help="A folder that `train` wrote.")],
    output: Annotated[Path, typer.Option(help="The model folder to write.")],
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights and embeddings in int8, a quarter of the size.")
    ] = False,
    reduced_range: Annotated[
        bool | None,
        typer.Option(
            "--reduced-range/--full-range",
            help="Int8 weights of 7 bits, for processors without VNNI, or of 8; by default as this "
            "processor needs.",
        ),
    ] = None,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            help="Keep the graph in fp32 beside that in int8, to decide what int8 finds close: "
            "the mentions of fp32.",
        ),
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(help="An annotated corpus to judge by; without it, the sample's texts."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write it whatever is found.")] = False,
) -> None:
    """Write a model for onnxruntime, without torch, once it predicts as before; else exit 1."""
    try:
        from pharmaner.export.export import export_model
    except ImportError:
        raise MissingExtraError(
            "exporting needs torch and onnx; `pip install 'pharmaner[train]'` brings it"
        ) from None
    if reduced_range is not None and not int8:
        raise InputError("export: --reduced-range and --full-range go with --int8")
    if confirm and not int8:
        raise InputError("export: --confirm goes with --int8")
    labelled = read_annotated(check, OnMismatch.KEEP) if check else []
    try:
        done = export_model(
            model,
            output,
            int8=int8,
            reduced_range=reduced_range,
            confirm=confirm,
            labelled=labelled,
            force=force,
        )
    except ParityError as error:
        say(f"error: {error}")
        raise typer.Exit(1) from None
    for finding in done.findings:
        say(finding.line)
    size = sum(path.stat().st_size for path in output.iterdir()) / 1e6
    say(f"{output}: {size:.1f} MB")
    say(f"next: pharmaner predict --model {output} note.txt")
