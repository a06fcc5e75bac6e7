from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pharmaner.prediction.onnx_backend import OnnxBackend


def test_a_graph_with_a_mask_as_earlier_versions_wrote_sees_a_whole_window(tmp_path: Path) -> None:
    """Its logits are a row a piece, times the mask."""
    rows = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["rows", "input_ids"], ["looked_up"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["looked_up", "column"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["windows", "pieces"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["windows", "pieces", 3])
    constants = [
        numpy_helper.from_array(rows, "rows"),
        numpy_helper.from_array(np.array([2]), "last"),
    ]
    graph = helper.make_graph(nodes, "masked", inputs, [output], constants)
    opset = helper.make_opsetid("", 20)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), tmp_path / "m.onnx")
    windows = [np.array([1, 5]), np.array([8, 0, 3])]
    found = OnnxBackend(tmp_path / "m.onnx").log_probabilities(windows)
    for window, scores in zip(windows, found, strict=True):
        expected = rows[window] - np.log(np.exp(rows[window]).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(scores, expected, atol=1e-6)
