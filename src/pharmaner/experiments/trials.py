"""What became of a study's trials: ``TrialRecord``, and the same as JSON and Markdown."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pharmaner.experiments.space import Value

UNFINISHED = "unfinished"
FINISHED = "finished"
STOPPED = "stopped early"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial.

    ``number`` counts from 1. ``state`` is ``finished``, ``stopped early``, ``failed`` (``reason``
    says why) or ``unfinished``.
    ``epoch`` is the epoch whose weights were kept, or the last one of a trial that was stopped;
    ``f1``, ``precision`` and ``recall`` (micro, 0 to 1) are of that epoch on the dev corpus,
    ``seconds`` of all epochs. Failed and unfinished trials have none of these.
    """

    number: int
    state: str
    parameters: dict[str, Value]
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None
    epoch: int | None = None
    seconds: float | None = None
    f1_by_epoch: tuple[float, ...] = ()
    reason: str = ""


def result_of(history: Sequence[dict[str, Any]], epoch: int) -> dict[str, Any]:
    """The fields of a record that a training's epochs give, judged by one of them."""
    judged = next(record for record in history if record["epoch"] == epoch)
    return {
        **{name: judged["dev"][name] for name in ("f1", "precision", "recall")},
        "epoch": epoch,
        "seconds": round(sum(record["seconds"] for record in history), 1),
        "f1_by_epoch": tuple(record["dev"]["f1"] for record in history),
    }


def best_of(trials: Iterable[TrialRecord]) -> TrialRecord | None:
    """The finished trial with the highest F1, the earliest among equals."""
    finished = [trial for trial in trials if trial.state == FINISHED]
    return min(finished, key=lambda trial: (-(trial.f1 or 0.0), trial.number), default=None)


def ranked(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Finished trials from best to worst, then those stopped, failed and unfinished."""
    order = (FINISHED, STOPPED, FAILED, UNFINISHED)
    return sorted(trials, key=lambda t: (order.index(t.state), -(t.f1 or 0.0), t.number))


def columns(trials: Sequence[TrialRecord]) -> tuple[list[str], list[list[str]]]:
    """A table for people: its head, and a row for each trial from best to worst."""
    keys = list(trials[0].parameters) if trials else []
    head = ["trial", "dev F1", "P", "R", "epoch", "state", *keys]
    rows = [
        [
            str(trial.number),
            *(percent(ratio) for ratio in (trial.f1, trial.precision, trial.recall)),
            str(trial.epoch or ""),
            trial.state,
            *(rounded(trial.parameters[key]) for key in keys),
        ]
        for trial in ranked(trials)
    ]
    return head, rows


def as_json(trials: Sequence[TrialRecord]) -> str:
    """All trials in order of their numbers."""
    return json.dumps([asdict(trial) for trial in trials], indent=1, ensure_ascii=False) + "\n"


def as_markdown(trials: Sequence[TrialRecord]) -> str:
    """The table in Markdown."""
    head, rows = columns(trials)
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def percent(ratio: float | None) -> str:
    """A ratio in hundredths, or nothing."""
    return "" if ratio is None else f"{100 * ratio:.2f}"


def rounded(value: Value) -> str:
    """A value for people, floats with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
