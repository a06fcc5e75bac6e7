"""``pharmaner train``."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharmaner.cli.console import print_scores, progress_bar, say
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.options import OnMismatchOption
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import MissingExtraError

if TYPE_CHECKING:
    from pharmaner.document import Document


def train(
    train_folders: Annotated[
        list[Path], typer.Option("--train", help="An annotated folder; may be given several times.")
    ],
    output: Annotated[Path, typer.Option(help="The model folder to write.")],
    encoder: Annotated[
        str, typer.Option(help="A name that `pharmaner encoders` lists, a folder, or a hub id.")
    ] = "",
    dev: Annotated[
        Path | None, typer.Option(help="An annotated folder that each epoch is scored on.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="A shipped recipe or a TOML file.")] = "default",
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; may be given repeatedly.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Short for --set training.seed=N.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with an interrupted training.")] = False,
    on_mismatch: OnMismatchOption = OnMismatch.REALIGN,
) -> None:
    """Fine-tune an encoder on an annotated corpus and write a model folder."""
    from pharmaner.recipe import load_recipe

    settings = list(overrides or [])
    settings += [f"encoder.name={encoder!r}"] if encoder else []
    settings += [f"training.seed={seed}"] if seed is not None else []
    chosen = load_recipe(recipe, settings)
    learned = [d for folder in train_folders for d in read_annotated(folder, on_mismatch)]
    judged = read_annotated(dev, OnMismatch.KEEP) if dev else []
    _warn_of_leaks(learned, judged)
    try:
        from pharmaner.training.train import train as run_training
    except ImportError:
        raise MissingExtraError(
            "training needs torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    try:
        with TrainingProgress() as progress:
            result = run_training(
                chosen, learned, judged, output=output, resume=resume, listener=progress
            )
    except KeyboardInterrupt:
        say(f"interrupted; the same command with --resume goes on ({output}.partial)")
        raise typer.Exit(130) from None
    say(str(result.alignment))
    kept = result.history[result.kept_epoch - 1]
    if "dev" in kept:
        print_scores(kept["dev"])
    say(f"{output}: epoch {result.kept_epoch} of {len(result.history)} kept")
    say(f"next: pharmaner predict --model {output} note.txt")


class TrainingProgress:
    """A ``Listener`` that shows a bar with loss and F1, and a line for each epoch."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> "TrainingProgress":
        self._f1 = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def begins(self, steps: int, done: int) -> None:
        """See ``Listener``."""
        self._progress = self._open.enter_context(progress_bar("figures"))
        self._task = self._progress.add_task("training", total=steps, completed=done, figures="")
        if done:
            self._progress.print(f"going on after step {done} of {steps}")

    def stepped(self, step: int, loss: float) -> None:
        """See ``Listener``."""
        self._progress.update(self._task, completed=step, figures=f"loss {loss:.4f} {self._f1}")

    def epoch_ended(self, record: dict[str, Any]) -> None:
        """See ``Listener``."""
        line = f"epoch {record['epoch']}: loss {record['loss']:.4f}"
        if "dev" in record:
            ratios = (100 * record["dev"][name] for name in ("precision", "recall", "f1"))
            line += ", dev P {:.2f} R {:.2f} F1 {:.2f}".format(*ratios)
            self._f1 = f"F1 {100 * record['dev']['f1']:.2f}"
        speed = f"{record['seconds']:.0f} s, {record['pieces_per_second']} pieces/s"
        self._progress.print(f"{line} ({speed})")


def _warn_of_leaks(learned: "list[Document]", judged: "list[Document]") -> None:
    texts = {document.text for document in learned}
    leaked = sum(document.text in texts for document in judged)
    if leaked:
        say(f"{leaked} dev documents have the text of a training document: their score flatters")
