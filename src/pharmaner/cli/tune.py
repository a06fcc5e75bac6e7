"""``pharmaner tune``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import say, stdout
from pharmaner.cli.corpora import read_annotated, warn_of_leaks
from pharmaner.cli.options import (
    EncoderOption,
    OnMismatchOption,
    OverridesOption,
    SeedOption,
    chosen_settings,
)
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pharmaner.experiments.trials import TrialRecord


def tune(
    train_folders: Annotated[
        list[Path], typer.Option("--train", help="An annotated corpus; may be given several times.")
    ],
    dev: Annotated[Path, typer.Option(help="An annotated corpus that each trial is judged on.")],
    space: Annotated[
        str, typer.Option(help="paper-36, wide, wider, or a TOML file with values to try.")
    ],
    output: Annotated[Path, typer.Option(help="The study's folder, new or to go on with.")],
    encoder: EncoderOption = "",
    recipe: Annotated[str, typer.Option(help="What all trials share.")] = "default",
    trials: Annotated[
        int | None,
        typer.Option(help="How many in all; by default every cell of a grid, else 36."),
    ] = None,
    overrides: OverridesOption = None,
    seed: SeedOption = None,
    on_mismatch: OnMismatchOption = OnMismatch.REALIGN,
) -> None:
    """Search for the recipe with the best dev F1; the same command again goes on or helps."""
    from pharmaner.recipe import load_recipe

    chosen = load_recipe(recipe, chosen_settings("tune", overrides, encoder, seed))
    learned = [d for folder in train_folders for d in read_annotated(folder, on_mismatch)]
    judged = read_annotated(dev, OnMismatch.KEEP)
    warn_of_leaks(learned, judged)
    try:
        from pharmaner.cli.tuning_progress import TuningProgress
        from pharmaner.experiments.space import load_space
        from pharmaner.experiments.tune import tune as run_tuning
    except ImportError:
        raise MissingExtraError(
            "tuning needs torch and optuna; `pip install 'pharmaner[train,tune]'` brings them"
        ) from None
    try:
        done = run_tuning(
            chosen,
            load_space(space),
            learned,
            judged,
            output=output,
            trials=trials,
            watcher=TuningProgress(),
        )
    except KeyboardInterrupt:
        say(f"interrupted; the same command goes on ({output})")
        raise typer.Exit(130) from None
    _print(done, output)


def _print(trials: "list[TrialRecord]", output: Path) -> None:
    from rich.table import Table

    from pharmaner.experiments.trials import FAILED, UNFINISHED, best_of, columns

    head, rows = columns(trials)
    table = Table(title="trials, from best to worst")
    figures = head.index("state") + 1
    for name in (*head[:figures], "parameters"):
        table.add_column(name, overflow="fold")
    for row in rows:
        tried = zip(head[figures:], row[figures:], strict=True)
        table.add_row(*row[:figures], ", ".join(f"{key}={value}" for key, value in tried))
    stdout().print(table)
    if others := sum(trial.state == UNFINISHED for trial in trials):
        say(f"{others} trials are under way in other processes, which will add them")
    best = best_of(trials)
    if best:
        say(f"best: trial {best.number}, {output / 'best.toml'}; page: {output / 'trials.html'}")
        say(f"next: pharmaner train --recipe {output / 'best.toml'} --output model ...")
    elif not others:
        reason = next(trial.reason for trial in trials if trial.state == FAILED)
        raise InputError(f"{output}: no trial could be trained; the first: {reason}")
