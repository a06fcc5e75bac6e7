"""What a running search shows."""

from contextlib import AbstractContextManager

from pharmaner.cli.console import say
from pharmaner.cli.training_progress import TrainingProgress
from pharmaner.experiments.space import Value, shown
from pharmaner.experiments.trials import FAILED, FINISHED, TrialRecord, percent


class TuningProgress:
    """A ``Watcher`` that says each trial's beginning and end and shows its training."""

    def begins(
        self, number: int, total: int, parameters: dict[str, Value]
    ) -> AbstractContextManager[TrainingProgress]:
        """See ``Watcher``."""
        say(f"trial {number} of {total}: {shown(parameters)}")
        return TrainingProgress()

    def ended(self, trial: TrialRecord, best: TrialRecord | None) -> None:
        """See ``Watcher``."""
        if trial.state == FAILED:
            say(f"trial {trial.number}: failed: {trial.reason}")
            return
        fate = "" if trial.state == FINISHED else f"{trial.state} after epoch {trial.epoch} with "
        known = f"; best is trial {best.number} with {percent(best.f1)}" if best else ""
        say(f"trial {trial.number}: {fate}F1 {percent(trial.f1)}{known}")
