"""The onnxruntime side of prediction."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from pharmaner.errors import ModelFolderError
from pharmaner.prediction.processor import usable_cores

SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""Of onnxruntime's rewritings, those whose node takes longer than what it stands for."""


class OnnxBackend:
    """Scores windows with an ONNX graph on this machine's processor.

    Each window is scored alone, by one thread, as many at once as there are cores: faster than
    batches that all cores share, and what is found in a text depends neither on the texts beside
    it (int8 goes by the extremes of all that it sees at once) nor on the number of cores.

    Args:
        file: a graph that maps ``input_ids`` to ``logits``; one written before 2026-11-28 also has
            an ``attention_mask``.

    Raises:
        ModelFolderError: when onnxruntime cannot read the graph.
    """

    def __init__(self, file: Path) -> None:
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self._threads: ThreadPoolExecutor | None = None
        self._process = 0
        try:
            self._session = onnxruntime.InferenceSession(
                str(file),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=SLOW_FUSIONS,
            )
        except Exception as error:  # onnxruntime's errors have no base of their own
            reason = str(error).partition("\n")[0]
            raise ModelFolderError(f"{file}: onnxruntime cannot read it: {reason}") from error

        self._has_mask = "attention_mask" in {given.name for given in self._session.get_inputs()}

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        """See ``pharmaner.prediction.predictor.Backend``."""
        return list(self._pool().map(self._score, windows))

    def _pool(self) -> ThreadPoolExecutor:
        """This process's threads: a forked one has none of its parent's."""
        if self._threads is None or self._process != os.getpid():
            self._threads, self._process = ThreadPoolExecutor(usable_cores()), os.getpid()
        return self._threads

    def _score(self, window: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        inputs = {"input_ids": window[None]}
        if self._has_mask:
            inputs["attention_mask"] = np.ones_like(window)[None]
        logits: npt.NDArray[np.floating] = self._session.run(["logits"], inputs)[0][0]
        logits -= logits.max(axis=-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return logits
