"""One training of a comparison, and what is kept of it.

RUNS/SYSTEM/SEED appears when a training is finished and its predictions are safe:
predictions.jsonl   the judged documents as the trained tagger annotates them
recipe.toml, run-log.jsonl, manifest.json   as in the model folder, which is deleted
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
from pharmaner.errors import OutputError
from pharmaner.experiments.systems import System
from pharmaner.model_folder import MANIFEST, RUN_LOG
from pharmaner.partial import partial_folder
from pharmaner.storage import whole_folder
from pharmaner.tagger import Tagger
from pharmaner.training.loop import Listener
from pharmaner.training.run_log import read_records
from pharmaner.training.train import train

PREDICTIONS = "predictions.jsonl"
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
        return self.folder.is_dir() and not self._model.exists()

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

        Raises:
            InputError: as ``train``.
        """
        if not self.folder.is_dir():
            if not self._model.is_dir():
                chosen = self.system.recipe.training.model_copy(update={"seed": self.seed})
                recipe = self.system.recipe.model_copy(update={"training": chosen})
                train(recipe, learned, dev, output=self._model, resume=True, listener=listener)
            self._keep(judged)
        partial = partial_folder(self._model)
        for folder in (partial, self._model):
            if folder.is_dir():
                shutil.rmtree(folder)

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
