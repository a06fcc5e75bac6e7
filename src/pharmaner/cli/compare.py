"""``pharmaner compare``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharmaner.cli.console import plain, say, stdout
from pharmaner.cli.corpora import read_annotated, warn_of_leaks
from pharmaner.cli.options import OnMismatchOption, OverridesOption
from pharmaner.cli.training_progress import TrainingProgress
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pharmaner.experiments.compare import Study

DEFAULT_SEEDS = 3


def compare(
    train_folders: Annotated[
        list[Path], typer.Option("--train", help="An annotated corpus; may be given several times.")
    ],
    dev: Annotated[Path, typer.Option(help="The annotated corpus that is scored on.")],
    output: Annotated[
        Path, typer.Option(help="The folder to write; the same command again goes on in it.")
    ],
    encoders: Annotated[
        list[str] | None, typer.Option("--encoder", help="As in train; may be given repeatedly.")
    ] = None,
    recipes: Annotated[
        list[str] | None, typer.Option("--recipe", help="As in train; may be given repeatedly.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help=f"Train with seeds 0 to N - 1; {DEFAULT_SEEDS} by default."),
    ] = None,
    named_seeds: Annotated[
        list[int] | None, typer.Option("--seed", help="A seed; may be given repeatedly.")
    ] = None,
    overrides: OverridesOption = None,
    on_mismatch: OnMismatchOption = OnMismatch.REALIGN,
) -> None:
    """Train encoders and recipes with several seeds; tables, intervals and p-values."""
    try:
        from pharmaner.experiments.compare import begin_or_resume_study
        from pharmaner.experiments.systems import cross_systems
    except ImportError:
        raise MissingExtraError(
            "comparing needs torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    chosen_seeds = _chosen_seeds(seeds, named_seeds)
    systems = cross_systems(encoders or [], recipes or ["default"], overrides or [])
    learned = [d for folder in train_folders for d in read_annotated(folder, on_mismatch)]
    judged = read_annotated(dev, OnMismatch.KEEP)
    warn_of_leaks(learned, judged)
    study = begin_or_resume_study(output, systems, chosen_seeds, learned, judged)
    try:
        _carry_out(study)
    except KeyboardInterrupt:
        say(f"interrupted; the same command goes on ({output})")
        raise typer.Exit(130) from None
    data = [("--train", folder) for folder in train_folders] + [("--dev", dev)]
    options = [(option, folder.resolve().name) for option, folder in data]
    options += [("--output", output.resolve().name), ("--on-mismatch", on_mismatch.value)]
    shown = dict.fromkeys(system.encoder for system in systems) if encoders else []
    options += [("--encoder", name) for name in shown]
    options += [("--recipe", name) for name in dict.fromkeys(s.recipe_name for s in systems)]
    options += [("--seed", str(seed)) for seed in chosen_seeds]
    options += [("--set", override) for override in overrides or []]
    command = shlex.join(["pharmaner", "compare", *(word for pair in options for word in pair)])
    content = study.write_report(command)
    _print(content)
    say(f"report: {output / 'comparison.html'}, .md and .json")
    if failed := content["failed"]:
        raise InputError(
            f"{output}: {len(failed)} of {len(study.runs)} runs failed and count for nothing; "
            f"the first: {failed[0]['system']}, seed {failed[0]['seed']}: {failed[0]['reason']}"
        )


def _chosen_seeds(seeds: int | None, named: list[int] | None) -> list[int]:
    if seeds and named:
        raise InputError("compare: one of --seeds N and --seed is accepted")
    chosen = named or list(range(seeds or DEFAULT_SEEDS))
    if len(set(chosen)) < len(chosen) or not all(0 <= seed < 2**32 for seed in chosen):
        raise InputError(
            f"compare: --seed {chosen}; distinct seeds from 0 to 2**32 - 1 are accepted"
        )
    return chosen


def _carry_out(study: "Study") -> None:
    runs = study.runs
    for number, run in enumerate(runs, start=1):
        name = f"run {number} of {len(runs)}: {run.system.name}, seed {run.seed}"
        if run.is_finished:
            fate = "finished" if run.failure is None else f"failed (remove {run.folder} to retry)"
            say(f"{name}: {fate} before")
            continue
        say(name)
        with TrainingProgress() as progress:
            study.carry_out(run, progress)
        if run.failure is not None:
            say(f"{name}: failed: {run.failure}")


def _print(content: dict[str, Any]) -> None:
    from rich.table import Table

    from pharmaner.report.comparison_tables import pairs_section, scores_section

    for section in (scores_section(content), pairs_section(content)):
        if section.rows:
            table = Table(title=section.title)
            for column in section.columns:
                table.add_column(column, overflow="fold")
            for row in section.rows:
                table.add_row(*map(plain, row))
            stdout().print(table)
            stdout().print(*section.notes, style="dim", markup=False, sep="\n")
