"""Predictions as a folder, written chunk by chunk, so that an interrupted run can go on.

OUTPUT.partial/prediction.json   what the run began with
OUTPUT.partial/progress.json     how far it got, written when all before it is on the disk
OUTPUT.partial/documents         the output, moved to OUTPUT when it is whole
"""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pharmaner.corpora.folder import write_pair
from pharmaner.corpora.formats.brat_folder import adapt
from pharmaner.corpora.formats.losses import Feature
from pharmaner.document import Document
from pharmaner.errors import OutputError
from pharmaner.partial import begin_or_resume, finish, is_in_place, partial_folder
from pharmaner.prediction.predictor import Prediction
from pharmaner.report.html import write_page
from pharmaner.report.json_lines import json_line
from pharmaner.report.prediction_format import PredictionFormat
from pharmaner.storage import write_text


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run got.

    ``last`` is the id of the last document that is done, ``documents`` how many are; ``bytes`` is
    the length of the file of JSON lines up to there. ``lost`` counts, as in ``PredictionFolder``.
    """

    last: str | None = None
    documents: int = 0
    bytes: int = 0
    lost: Sequence[tuple[str, str, int]] = ()


class PredictionFolder:
    """An output folder that appears when it is whole.

    What is written between two chunks' ends is written again after an interruption. A page of
    HTML is made of all documents at once: an interrupted one begins anew. ``lost`` counts what the
    format cannot hold of the documents, by what and why.

    Args:
        output: the folder to write; must not exist or be empty.
        output_format: what it holds.
        begun_with: everything that the result depends on, as JSON.
        resume: go on from ``OUTPUT.partial`` where there is one.

    Raises:
        OutputError: when the output is occupied, an unfinished run is there without ``resume`` or
            was begun with other settings, or the place cannot be written to.
    """

    def __init__(
        self,
        output: Path,
        output_format: PredictionFormat,
        begun_with: dict[str, Any],
        resume: bool,
    ) -> None:
        self.output = output
        self.format = output_format
        self.lost: Counter[tuple[str, str]] = Counter()
        self._page: list[Document] = []
        settings = {**begun_with, "format": output_format.value}
        documents = partial_folder(output) / "documents"
        was_moved = is_in_place(output, resume and not documents.exists(), "prediction")
        self.partial = begin_or_resume(output, resume, settings, "prediction")
        self._folder = self.partial / "documents"
        if was_moved:
            output.replace(self._folder)
        self._folder.mkdir(mode=0o755, exist_ok=True)
        self.progress = self._read_progress()
        self.lost.update({(what, why): times for what, why, times in self.progress.lost})
        if output_format is PredictionFormat.JSONL:
            self._lines.touch()
            os.truncate(self._lines, self.progress.bytes)

    def write(self, chunk: Sequence[Prediction]) -> None:
        """Write the documents of a chunk, then the progress.

        Raises:
            OutputError: when they cannot be written.
        """
        if not chunk:
            return
        try:
            size = self._write(chunk)
            if self.format is not PredictionFormat.HTML:
                documents = self.progress.documents + len(chunk)
                os.sync()
                lost = [(what, why, times) for (what, why), times in self.lost.items()]
                self.progress = Progress(chunk[-1].document.id, documents, size, lost)
                write_text(self._progress_file, json.dumps(asdict(self.progress)))
        except OSError as error:
            raise OutputError(f"{self.partial}: cannot be written: {error.strerror}") from error

    def finish(self) -> None:
        """Move the whole output into its place.

        Raises:
            OutputError: when the place was taken meanwhile or cannot be written to.
        """
        try:
            if self.format is PredictionFormat.HTML:
                write_page(self._page, self._folder / "index.html")
            self._folder.chmod(0o755)
            self._folder.replace(self.output)
        except OSError as error:
            raise OutputError(f"{self.output}: cannot be written: {error.strerror}") from error
        finish(self.partial)

    @property
    def _progress_file(self) -> Path:
        return self.partial / "progress.json"

    @property
    def _lines(self) -> Path:
        return self._folder / "predictions.jsonl"

    def _read_progress(self) -> Progress:
        if not self._progress_file.is_file():
            return Progress()
        return Progress(**json.loads(self._progress_file.read_text(encoding="utf-8")))

    def _write(self, chunk: Sequence[Prediction]) -> int:
        """Write a chunk; the length of the file of JSON lines, if that is the format."""
        if self.format is PredictionFormat.HTML:
            self._page += [prediction.document for prediction in chunk]
            return 0
        if self.format is PredictionFormat.JSONL:
            with self._lines.open("ab") as stream:
                stream.writelines(f"{json_line(prediction)}\n".encode() for prediction in chunk)
                self._lines.chmod(0o644)
                return stream.tell()
        for prediction in chunk:
            fitted, losses = adapt(prediction.document)
            self.lost.update((loss.feature.value, loss.message) for loss in losses)
            if fitted.metadata:
                self.lost[Feature.METADATA.value, "left out"] += 1
            write_pair(fitted, self._folder)
        return 0
