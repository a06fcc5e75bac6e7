"""The onnxruntime side of prediction."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from pharmaner.errors import ModelFolderError


class OnnxBackend:
    """Scores batches with an ONNX graph on this machine's processor.

    Args:
        file: a graph that maps ``input_ids`` and ``attention_mask`` to ``logits``.
        is_int8: whether it quantises what comes in by the extremes of a whole batch. Its windows
            are then scored one by one, or a text's result would depend on its neighbours.

    Raises:
        ModelFolderError: when onnxruntime cannot read the graph.
    """

    def __init__(self, file: Path, is_int8: bool = False) -> None:
        self._is_int8 = is_int8
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = _usable_cores()
        # Threads that spin while they wait take the processor from whatever else needs it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors have no base of their own
            reason = str(error).partition("\n")[0]
            raise ModelFolderError(f"{file}: onnxruntime cannot read it: {reason}") from error

    def log_probabilities(
        self, input_ids: npt.NDArray[np.int64], attention_mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """See ``pharmaner.prediction.predictor.Backend``."""
        if not self._is_int8:
            return self._scored(input_ids, attention_mask)
        lengths = attention_mask.sum(axis=1).tolist()
        apart = [
            self._scored(input_ids[row : row + 1, :length], attention_mask[row : row + 1, :length])
            for row, length in enumerate(lengths)
        ]
        scores = np.zeros((*input_ids.shape, apart[0].shape[-1]), dtype=apart[0].dtype)
        for row, (length, scored) in enumerate(zip(lengths, apart, strict=True)):
            scores[row, :length] = scored[0]
        return scores

    def _scored(
        self, input_ids: npt.NDArray[np.int64], attention_mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        logits: npt.NDArray[np.floating] = self._session.run(["logits"], inputs)[0]
        logits -= logits.max(axis=-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return logits


def _usable_cores() -> int:
    """How many cores this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
