"""One training of a comparison, and what is kept of it.

RUNS/SYSTEM/SEED appears when a training is finished and its predictions are safe:
predictions.jsonl   the judged documents as the trained tagger annotates them
recipe.toml, run-log.jsonl, manifest.json   as in the model folder, which is deleted
or when it cannot be finished:
failure.json        why
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pharmaner.corpora.formats import jsonl
from pharmaner.corpora.formats.reading import read_predictions
from pharmaner.corpora.report import refuse
from pharmaner.document import Document
from pharmaner.errors import InputError, OutputError
from pharmaner.experiments.systems import System
from pharmaner.model_folder import MANIFEST, RUN_LOG
from pharmaner.partial import finish, partial_folder
from pharmaner.storage import whole_folder, write_text
from pharmaner.tagger import Tagger
from pharmaner.training.loop import Listener
from pharmaner.training.run_log import read_records
from pharmaner.training.train import train

PREDICTIONS = "predictions.jsonl"
_FAILURE = "failure.json"
_KEPT = ("recipe.toml", RUN_LOG, MANIFEST)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a finished run left: its predictions, in the order of the judged documents."""

    seed: int
    predicted: list[Document]
    manifest: dict[str, Any]
    history: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Run:
    """A system trained with a seed; its model lies beside ``folder`` until that is whole."""

    system: System
    seed: int
    folder: Path

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be done."""
        left = self._model, partial_folder(self._model)
        return self.folder.is_dir() and not any(folder.exists() for folder in left)

    @property
    def failure(self) -> str | None:
        """Why the training could not be finished; ``None`` for one that was, or is not done."""
        if not (self.folder / _FAILURE).is_file():
            return None
        try:
            return str(json.loads((self.folder / _FAILURE).read_text("utf-8"))["reason"])
        except (OSError, ValueError, KeyError, TypeError):
            raise OutputError(f"{self.folder}: is damaged; remove it to train again") from None

    @property
    def _model(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.model")

    def carry_out(
        self,
        learned: Sequence[Document],
        dev: Sequence[Document],
        judged: Sequence[Document],
        listener: Listener | None = None,
    ) -> None:
        """Train, or go on training, predict the judged documents, and keep all but the model.

        Of a training that cannot be finished, such as one that diverges, the reason is kept.

        Raises:
            OutputError: for a place that cannot be written to; what is done stays.
        """
        if not self.folder.is_dir():
            try:
                self._train(learned, dev, listener)
                self._keep(judged)
            except OutputError:
                raise
            except InputError as error:  # the other runs need not suffer
                with whole_folder(self.folder) as folder:
                    write_text(folder / _FAILURE, json.dumps({"reason": str(error)}) + "\n")
        partial = partial_folder(self._model)
        for folder in (partial, self._model):
            if folder.is_dir():
                finish(folder)

    def _train(
        self, learned: Sequence[Document], dev: Sequence[Document], listener: Listener | None
    ) -> None:
        if not self._model.is_dir():
            chosen = self.system.recipe.training.model_copy(update={"seed": self.seed})
            recipe = self.system.recipe.model_copy(update={"training": chosen})
            train(recipe, learned, dev, output=self._model, resume=True, listener=listener)

    def _keep(self, judged: Sequence[Document]) -> None:
        predictions = Tagger.load(self._model).predict_documents(judged)
        with whole_folder(self.folder) as folder:
            jsonl.write((p.document for p in predictions), folder / PREDICTIONS)
            for name in _KEPT:
                shutil.copyfile(self._model / name, folder / name)

    def result(self, judged: Sequence[Document]) -> RunResult:
        """Read what a finished run left.

        Raises:
            OutputError: when it is not all there any more.
            CorpusError: when a prediction was changed into something unreadable.
        """
        if not (self.folder / PREDICTIONS).is_file():
            raise OutputError(f"{self.folder}: is damaged; remove it to train again")
        corpus = read_predictions(self.folder / PREDICTIONS, judged)
        refuse(corpus.problems)
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
            history = read_records(self.folder / RUN_LOG)
        except (OSError, ValueError):
            raise OutputError(f"{self.folder}: is damaged; remove it to train again") from None
        by_id = {document.id: document for document in corpus.documents}
        if by_id.keys() != {document.id for document in judged}:
            raise OutputError(f"{self.folder}: predictions are missing; remove it to train again")
        return RunResult(self.seed, [by_id[d.id] for d in judged], manifest, history)
