"""``tune``: a recipe and a search space in; trials, the best recipe and a page about them out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import optuna

from pharmaner.corpora.selection import check_types_known, renamed, resolve_types
from pharmaner.document import Document
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import CorpusError, InputError, OutputError, RecipeError
from pharmaner.experiments.space import Space, Value
from pharmaner.experiments.study import DESCRIPTION, Claim, Study
from pharmaner.experiments.trials import (
    TrialRecord,
    as_json,
    as_markdown,
    best_of,
    result_of,
)
from pharmaner.experiments.trials_page import trials_page
from pharmaner.model_folder import RUN_LOG, open_model_folder
from pharmaner.partial import partial_folder
from pharmaner.recipe import EncoderSection, Recipe
from pharmaner.scoring.strict import corpus_hash, order_hash
from pharmaner.storage import write_text
from pharmaner.training.loop import Listener
from pharmaner.training.run_log import read_records
from pharmaner.training.train import check_training, train

DEFAULT_TRIALS = 36
"""How many trials a space with ranges gets when no number is given."""


class Watcher(Protocol):
    """Whoever watches a search."""

    def begins(
        self, number: int, total: int, parameters: dict[str, Value]
    ) -> AbstractContextManager[Listener | None]:
        """A trial begins, or goes on; its training tells the listener."""

    def ended(self, trial: TrialRecord, best: TrialRecord | None) -> None:
        """A trial is finished, stopped or failed; ``best`` is the best until now."""


def tune(
    recipe: Recipe,
    space: Space,
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document],
    *,
    output: Path | str,
    trials: int | None = None,
    watcher: Watcher | None = None,
) -> list[TrialRecord]:
    """Train a recipe with many values of a search space, each judged by its F1 on the dev corpus.

    A grid's cells are each trained once, in an order that the recipe's seed draws; ranges are
    searched by TPE. Calling again with the same goes on with the study that lies in ``output``;
    several processes may do so at once and share the trials.

    Args:
        recipe: what every trial has, apart from the parameters of the space.
        space: what is tried.
        train_documents: what is learned from.
        dev_documents: what every epoch of every trial is scored on.
        output: the study's folder; receives best.toml, trials.json, trials.md and trials.html,
            written anew after each trial.
        trials: how many there shall be in all, at most the cells of a grid; by default all cells,
            or ``DEFAULT_TRIALS``.
        watcher: is told of every trial.

    Returns:
        All trials of the study, those of other processes too.

    Raises:
        InputError: for a recipe, space, corpus, encoder or output that cannot be used.
    """
    resolved = _check(recipe, space, train_documents, dev_documents)
    tried = _most_demanding(space, resolved)
    if not (Path(output) / DESCRIPTION).is_file():
        for demanding in tried:
            check_training(demanding, train_documents, dev_documents)
    bound_to = {
        "recipe": recipe.model_dump(mode="json"),
        "space": space.as_json(),
        "encoders": {
            f"{name} {revision}".rstrip(): find_encoder(name, revision).content_hash
            for name, revision in ((each.encoder.name, each.encoder.revision) for each in tried)
        },
        "train": corpus_hash(train_documents),
        "order": order_hash(train_documents),
        "dev": corpus_hash(dev_documents),
    }
    total = _total(space, trials)
    study = Study(Path(output), space, recipe.training.seed, total, bound_to)
    search = _Search(study, resolved, list(train_documents), list(dev_documents), watcher)
    search.publish()
    while claim := study.claim():
        search.run(claim)
        search.publish()
    return study.trials()


def _check(
    recipe: Recipe, space: Space, learned: Sequence[Document], judged: Sequence[Document]
) -> Recipe:
    """The recipe with its types named; refuses documents that no trial could train on."""
    if not learned:
        raise CorpusError("there is no document to train on")
    if not judged:
        raise CorpusError("there is no dev document to judge trials by")
    resolved = resolve_types(recipe, learned)
    for documents in (learned, judged):
        check_types_known(renamed(documents, recipe.corpus), resolved.corpus)
    return resolved


def _most_demanding(space: Space, recipe: Recipe) -> list[Recipe]:
    """For each encoder that is tried, the recipe with the longest windows, with masks and without.

    What an encoder cannot do, one of them asks of it.
    """
    longest: dict[tuple[EncoderSection, bool], Recipe] = {}
    for values in space.combinations():
        tried = space.recipe_with(recipe, values)
        key = tried.encoder, tried.augmentation.word_masking > 0
        known = longest.setdefault(key, tried)
        if tried.text.window > known.text.window:
            longest[key] = tried
    return list(longest.values())


def _total(space: Space, trials: int | None) -> int:
    if trials is not None and trials < 1:
        raise RecipeError(f"{trials} trials; 1 or more are accepted")
    if space.is_grid:
        cells = sum(1 for _ in space.combinations())
        return min(cells, trials or cells)
    return trials or DEFAULT_TRIALS


@dataclass(frozen=True, slots=True)
class _Search:
    study: Study
    recipe: Recipe
    learned: list[Document]
    judged: list[Document]
    watcher: Watcher | None

    def run(self, claim: Claim) -> None:
        """Train a trial to its end, or until it is hopeless or fails, and record its fate."""
        try:
            is_stopped = not claim.folder.is_dir() and self._is_stopped_in_training(claim)
            self.study.finish(claim, _result(claim, is_stopped), is_stopped)
        except OutputError:  # a full disk, say: the trial waits until there is room
            raise
        except InputError as error:  # the other trials need not suffer
            self.study.fail(claim, str(error))
        finally:
            claim.release()
        if self.watcher:
            trials = self.study.trials()
            ended = next(trial for trial in trials if trial.number == claim.number)
            self.watcher.ended(ended, best_of(trials))

    def publish(self) -> None:
        """Write the best recipe, and the trials as data, as a table and as a page."""
        with self.study.alone():
            trials = self.study.trials()
            if best := best_of(trials):
                recipe = self.study.space.recipe_with(self.recipe, best.parameters)
                page = trials_page(trials, self.study.space, self.study.total)
                write_text(self.study.folder / "best.toml", recipe.as_toml())
                write_text(self.study.folder / "trials.json", as_json(trials))
                write_text(self.study.folder / "trials.md", as_markdown(trials))
                write_text(self.study.folder / "trials.html", page)

    def _is_stopped_in_training(self, claim: Claim) -> bool:
        recipe = self.study.space.recipe_with(self.recipe, claim.parameters)
        watching = (
            self.watcher.begins(claim.number, self.study.total, claim.parameters)
            if self.watcher
            else nullcontext()
        )
        with watching as listener:
            reporter = Reporter(self.study, claim, recipe.training.epochs, listener)
            folder = claim.folder
            try:
                train(
                    recipe, self.learned, self.judged, output=folder, resume=True, listener=reporter
                )
            except optuna.TrialPruned:
                return True
        return False


def _result(claim: Claim, is_stopped: bool) -> dict[str, Any]:
    if is_stopped:
        folder = partial_folder(claim.folder)
        history = read_records(folder / RUN_LOG)
        return result_of(history, history[-1]["epoch"])
    epoch = open_model_folder(claim.folder).manifest["kept_epoch"]
    return result_of(read_records(claim.folder / RUN_LOG), epoch)


class Reporter:
    """Reports a trial's epochs to its study, ends a hopeless one, and passes everything on."""

    def __init__(self, study: Study, claim: Claim, epochs: int, listener: Listener | None) -> None:
        self._study, self._claim, self._epochs = study, claim, epochs
        self._listener = listener

    def surface_passed(self, passes: int, most: int) -> None:
        """See ``Listener``."""
        if self._listener:
            self._listener.surface_passed(passes, most)

    def begins(self, steps: int, done: int) -> None:
        """See ``Listener``."""
        if self._listener:
            self._listener.begins(steps, done)

    def stepped(self, step: int, loss: float) -> None:
        """See ``Listener``."""
        if self._listener:
            self._listener.stepped(step, loss)

    def epoch_ended(self, record: dict[str, Any]) -> None:
        """See ``Listener``.

        Raises:
            optuna.TrialPruned: when the trial is not worth going on.
        """
        if self._listener:
            self._listener.epoch_ended(record)
        history = read_records(partial_folder(self._claim.folder) / RUN_LOG)
        f1_by_epoch = [ended["dev"]["f1"] for ended in history]
        self._study.report(self._claim, f1_by_epoch, self._epochs)
        if record["epoch"] < self._epochs and self._study.is_hopeless(self._claim):
            raise optuna.TrialPruned
