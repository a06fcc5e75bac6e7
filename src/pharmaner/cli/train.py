"""``pharmaner train``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import print_scores, say
from pharmaner.cli.corpora import read_annotated, warn_of_leaks
from pharmaner.cli.options import (
    EncoderOption,
    OnMismatchOption,
    OverridesOption,
    ResumeOption,
    SeedOption,
    chosen_settings,
)
from pharmaner.cli.training_progress import TrainingProgress
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import MissingExtraError

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.recipe import Recipe


def train(
    train_folders: Annotated[
        list[Path], typer.Option("--train", help="An annotated corpus; may be given several times.")
    ],
    output: Annotated[Path, typer.Option(help="The model folder to write.")],
    encoder: EncoderOption = "",
    dev: Annotated[
        Path | None, typer.Option(help="An annotated corpus that each epoch is scored on.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="A shipped recipe or a TOML file.")] = "default",
    overrides: OverridesOption = None,
    seed: SeedOption = None,
    resume: ResumeOption = False,
    on_mismatch: OnMismatchOption = OnMismatch.REALIGN,
) -> None:
    """Fine-tune an encoder on an annotated corpus and write a model folder."""
    from pharmaner.recipe import load_recipe

    chosen = load_recipe(recipe, chosen_settings("train", overrides, encoder, seed))
    learned = [d for folder in train_folders for d in read_annotated(folder, on_mismatch)]
    judged = read_annotated(dev, OnMismatch.KEEP) if dev else []
    warn_of_leaks(learned, judged)
    again = "the same command with --resume"
    fine_tune(chosen, learned, judged, output, resume, again)
    say(f"next: pharmaner predict --model {output} note.txt")


def fine_tune(
    recipe: "Recipe",
    learned: "list[Document]",
    judged: "list[Document]",
    output: Path,
    resume: bool,
    again: str,
) -> None:
    """Train and show it; ``again`` says what goes on after an interruption."""
    try:
        from pharmaner.training.train import train as run_training
    except ImportError:
        raise MissingExtraError(
            "training needs torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    try:
        with TrainingProgress() as progress:
            result = run_training(
                recipe, learned, judged, output=output, resume=resume, listener=progress
            )
    except KeyboardInterrupt:
        say(f"interrupted; {again} goes on ({output}.partial)")
        raise typer.Exit(130) from None
    say(str(result.alignment))
    kept = result.history[result.kept_epoch - 1]
    if "dev" in kept:
        print_scores(kept["dev"])
    say(f"{output}: epoch {result.kept_epoch} of {len(result.history)} kept")
