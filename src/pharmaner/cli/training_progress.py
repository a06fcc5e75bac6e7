"""What a running training shows."""

import time
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pharmaner.cli.console import progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 60.0
"""How often a log, which has no use for a bar, gets a line."""


class TrainingProgress:
    """A ``Listener`` that shows a bar with the figures so far, and a line for each epoch.

    Where standard error is no terminal, a line now and then stands for the bar.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._surface: TaskID | None = None

    def __enter__(self) -> "TrainingProgress":
        self._judged = ""
        self._said = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def _progress(self) -> "Progress":
        """Opened by what there is to show first: a training that is refused shows none."""
        return self._open.enter_context(progress_bar("figures"))

    def surface_passed(self, passes: int, most: int) -> None:
        """See ``Listener``."""
        if self._surface is None:
            self._surface = self._progress.add_task("surface features", total=most, figures="")
        self._progress.update(self._surface, completed=passes)

    def begins(self, steps: int, done: int) -> None:
        """See ``Listener``."""
        self._steps = steps
        if self._surface is not None:
            self._progress.remove_task(self._surface)
        self._task = self._progress.add_task("training", total=steps, completed=done, figures="")
        if done:
            self._progress.print(f"going on after step {done} of {steps}")

    def stepped(self, step: int, loss: float) -> None:
        """See ``Listener``."""
        figures = f"loss {loss:.4f} {self._judged}"
        self._progress.update(self._task, completed=step, figures=figures)
        now = time.monotonic()
        if not self._progress.console.is_terminal and now - self._said > SECONDS_BETWEEN_LINES:
            self._said = now
            self._progress.print(f"step {step} of {self._steps}: {figures}".rstrip())

    def epoch_ended(self, record: dict[str, Any]) -> None:
        """See ``Listener``."""
        line = f"epoch {record['epoch']}: loss {record['loss']:.4f}"
        if "f1" in record.get("dev", {}):
            ratios = (100 * record["dev"][name] for name in ("precision", "recall", "f1"))
            line += ", dev P {:.2f} R {:.2f} F1 {:.2f}".format(*ratios)
            self._judged = f"F1 {100 * record['dev']['f1']:.2f}"
        elif "dev" in record:
            self._judged = f"held-out loss {record['dev']['loss']:.4f}"
            line += f", {self._judged}, {100 * record['dev']['accuracy']:.2f} % named"
        speed = f"{record['seconds']:.0f} s, {record['pieces_per_second']} pieces/s"
        self._progress.print(f"{line} ({speed})")
