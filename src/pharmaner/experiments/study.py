"""A study on disk that several processes work on, and that survives the death of any of them.

study.json        what the study is bound to
journal.jsonl     Optuna's journal: every trial, its values, its F1 by epoch
trials/0001       the model folder of the best trial so far (or of one that just ends)
trials/0001.partial, trials/0001.lock
                  a trial under way, and the lock of the living process that trains it
"""

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from pharmaner.errors import OutputError
from pharmaner.experiments.early_stopping import PRUNER, best_by_step
from pharmaner.experiments.space import Parameter, Space, Value
from pharmaner.experiments.trials import (
    FAILED,
    FINISHED,
    STOPPED,
    UNFINISHED,
    TrialRecord,
    best_of,
)
from pharmaner.locks import JournalLock, held, try_lock
from pharmaner.partial import finish, refuse_other_settings
from pharmaner.storage import refuse_occupied, write_text

_NAME = "pharmaner"

DESCRIPTION = "study.json"
"""The file of a study that says what it was begun with."""

_STATES = {
    TrialState.COMPLETE: FINISHED,
    TrialState.PRUNED: STOPPED,
    TrialState.FAIL: FAILED,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A trial that this process trains; no other process takes it while this one lives."""

    number: int
    parameters: dict[str, Value]
    folder: Path
    trial: optuna.Trial
    lock: int

    def release(self) -> None:
        """Let another process go on with the trial, if it is not finished."""
        os.close(self.lock)


class Study:
    """The trials of one search, in a folder."""

    def __init__(
        self, folder: Path, space: Space, seed: int, total: int, bound_to: dict[str, Any]
    ) -> None:
        """Begin a study, or open one that was begun with the same.

        Args:
            folder: where the study lies.
            space: what is tried.
            seed: decides, with a trial's number and those finished before, what it tries.
            total: how many trials the study shall have in all.
            bound_to: everything that the trials' results depend on, as JSON.

        Raises:
            OutputError: for a folder that holds something else, or a study of other settings.
        """
        self.folder, self.space, self._seed, self.total = folder, space, seed, total
        _make(folder)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with self.alone():
            _bind(folder, bound_to)
            (folder / "trials").mkdir(exist_ok=True)
            journal = folder / "journal.jsonl"
            lock = JournalLock(journal)
            backend = JournalFileBackend(str(journal), lock)  # type: ignore[arg-type]
            self._storage = JournalStorage(backend)
            if _NAME not in optuna.get_all_study_names(self._storage):
                optuna.create_study(study_name=_NAME, storage=self._storage, direction="maximize")
            self._study = optuna.load_study(study_name=_NAME, storage=self._storage, pruner=PRUNER)
            self._tidy()

    def alone(self) -> AbstractContextManager[None]:
        """A block in which no other process takes or ends a trial."""
        return held(self.folder)

    def claim(self) -> Claim | None:
        """Take a trial that died with its process, or a new one; ``None`` when all are taken."""
        with self.alone():
            trials = self._study.get_trials(deepcopy=False)
            for trial in trials:
                if trial.state is TrialState.RUNNING:
                    lock = try_lock(self._path(trial.number + 1, ".lock"))
                    if lock is not None:
                        return self._claimed(self._taken_over(trial.number), lock)
            begun = sum(trial.state is not TrialState.WAITING for trial in trials)
            if begun >= self.total:
                return None
            lock = try_lock(self._path(begun + 1, ".lock"))
            if lock is None:
                raise OutputError(f"{self._path(begun + 1, '.lock')}: is held by another program")
            if self.space.is_grid and begun == len(trials):
                self._study.enqueue_trial(dict(self._cell(begun)))
            self._study.sampler = self._sampler(begun)
            return self._claimed(self._study.ask(), lock)

    def report(self, claim: Claim, f1_by_epoch: Sequence[float], epochs: int) -> None:
        """Note how good a trial of so many epochs is until now, once for each share of them."""
        known = self._study.get_trials(deepcopy=False)[claim.number - 1].intermediate_values
        for step, f1 in best_by_step(f1_by_epoch, epochs).items():
            if step not in known:
                claim.trial.report(f1, step)

    def is_hopeless(self, claim: Claim) -> bool:
        """Whether the trial is so far behind the others that it is not worth going on."""
        return claim.trial.should_prune()

    def finish(self, claim: Claim, result: dict[str, Any], is_stopped: bool) -> None:
        """Record what became of a trial, and keep only the best trial's model folder."""
        with self.alone():
            claim.trial.set_user_attr("result", result)
            if is_stopped:
                self._study.tell(claim.trial, state=TrialState.PRUNED)
            else:
                self._study.tell(claim.trial, result["f1"])
            self._tidy()

    def fail(self, claim: Claim, reason: str) -> None:
        """Record that a trial cannot be trained."""
        with self.alone():
            claim.trial.set_user_attr("result", {"reason": reason})
            self._study.tell(claim.trial, state=TrialState.FAIL)
            self._tidy()

    def trials(self) -> list[TrialRecord]:
        """All trials that were begun, by number."""
        return [
            TrialRecord(
                trial.number + 1,
                _STATES.get(trial.state, UNFINISHED),
                {key: trial.params[key] for key in self.space.parameters},
                **_result(trial),
            )
            for trial in self._study.get_trials(deepcopy=False)
            if set(self.space.parameters) <= set(trial.params)
        ]

    def _path(self, number: int, suffix: str = "") -> Path:
        return self.folder / "trials" / f"{number:04d}{suffix}"

    def _cell(self, place: int) -> dict[str, Value]:
        cells = list(self.space.combinations())
        order = np.random.default_rng(self._seed).permutation(len(cells))
        return cells[int(order[place])]

    def _sampler(self, place: int) -> TPESampler:
        seed = int(np.random.SeedSequence([self._seed, place]).generate_state(1)[0])
        return TPESampler(seed=seed)

    def _taken_over(self, place: int) -> optuna.Trial:
        self._study.sampler = self._sampler(place)
        study = self._storage.get_study_id_from_name(_NAME)
        return optuna.Trial(
            self._study, self._storage.get_trial_id_from_study_id_trial_number(study, place)
        )

    def _claimed(self, trial: optuna.Trial, lock: int) -> Claim:
        suggested = {
            key: _suggest(trial, key, parameter) for key, parameter in self.space.parameters.items()
        }
        number = trial.number + 1
        return Claim(number, suggested, self._path(number), trial, lock)

    def _tidy(self) -> None:
        """Remove what finished trials left, the best one's model folder apart."""
        trials = self.trials()
        best = best_of(trials)
        for trial in trials:
            if trial.state != UNFINISHED:
                if trial != best:
                    shutil.rmtree(self._path(trial.number), ignore_errors=True)
                if (partial := self._path(trial.number, ".partial")).is_dir():
                    finish(partial)
                for half in (self.folder / "trials").glob(f".{trial.number:04d}.*"):
                    shutil.rmtree(half)
                self._path(trial.number, ".lock").unlink(missing_ok=True)


def _suggest(trial: optuna.Trial, key: str, parameter: Parameter) -> Value:
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        return cast(Value, trial.suggest_categorical(key, parameter.values))
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(key, low, high, log=parameter.log)
    return trial.suggest_float(key, low, high, log=parameter.log)


def _result(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    result = dict(trial.user_attrs.get("result", {})) if trial.state in _STATES else {}
    by_epoch = result.get("f1_by_epoch", ())
    return result | {"f1_by_epoch": tuple(by_epoch)}


def _make(folder: Path) -> None:
    if not folder.is_dir():
        refuse_occupied(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error


def _bind(folder: Path, bound_to: dict[str, Any]) -> None:
    description = folder / DESCRIPTION
    if not description.is_file():
        refuse_occupied(folder)
        write_text(description, json.dumps(bound_to, indent=1, ensure_ascii=False))
        return
    refuse_other_settings(description, json.loads(json.dumps(bound_to)))
