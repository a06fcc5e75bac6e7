import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from pharmaner.encoders.onnx_parameters import (
    locate_parameters,
    read_parameters,
    relocate_in_int8,
)
from pharmaner.errors import EncoderError

RANDOM = np.random.default_rng(0)
PARAMETERS = {
    "wide.weight": RANDOM.normal(size=(2, 5)).astype(np.float32),
    "square.weight": RANDOM.normal(size=(3, 3)).astype(np.float32),
    "table.weight": RANDOM.normal(size=(4, 3)).astype(np.float32),
    "bias": RANDOM.normal(size=3).astype(np.float32),
}
INITIALISERS: dict[str, np.ndarray] = {
    "val_1": PARAMETERS["wide.weight"].T,
    "val_2": PARAMETERS["square.weight"].T,
    "table": PARAMETERS["table.weight"],
    "other": RANDOM.normal(size=(4, 3)).astype(np.float32),
    "b": PARAMETERS["bias"],
    "shape": np.array([1, 2], dtype=np.int64),
}


def write(folder: Path, initialisers: dict[str, np.ndarray], places: Any) -> Path:
    tensors = [numpy_helper.from_array(values, name) for name, values in initialisers.items()]
    graph = helper.make_graph([], "graph", [], [], tensors)
    onnx.save(helper.make_model(graph), folder / "model.onnx")
    content = places if isinstance(places, str) else json.dumps(places)
    (folder / "parameters.json").write_text(content)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(EncoderError) as caught:
        read_parameters(folder, "model.onnx")
    return str(caught.value)


def test_parameters_are_found_by_value_and_read_back(tmp_path: Path) -> None:
    places = locate_parameters(PARAMETERS, INITIALISERS)
    by_name = {name: (p["initialiser"], p["transposed"]) for name, p in places.items() if p}
    assert by_name == {
        "wide.weight": ("val_1", True),
        "square.weight": ("val_2", True),
        "table.weight": ("table", False),
        "bias": ("b", False),
    }
    found = read_parameters(write(tmp_path, INITIALISERS, places), "model.onnx")
    assert found.keys() == PARAMETERS.keys()
    for name, values in PARAMETERS.items():
        np.testing.assert_array_equal(found[name], values)


def test_int8_is_multiplied_with_its_scale_by_column_or_by_row(tmp_path: Path) -> None:
    smaller = {name: values for name, values in INITIALISERS.items() if name != "val_1"}
    smaller |= {
        "val_1_quantized": np.arange(10, dtype=np.int8).reshape(5, 2),
        "val_1_scale": np.array([0.5, 2], dtype=np.float32),
        "table_quantized": np.ones((4, 3), dtype=np.int8),
        "table_scale": np.array([[1], [2], [3], [4]], dtype=np.float32),
    }
    places = relocate_in_int8(locate_parameters(PARAMETERS, INITIALISERS), smaller)
    found = read_parameters(write(tmp_path, smaller, places), "model.onnx")
    assert found["wide.weight"].tolist() == [[0, 1, 2, 3, 4], [2, 6, 10, 14, 18]]
    assert found["table.weight"].tolist() == [[row] * 3 for row in (1, 2, 3, 4)]
    np.testing.assert_array_equal(found["square.weight"], PARAMETERS["square.weight"])


def test_a_parameter_that_the_graph_lacks_is_named(tmp_path: Path) -> None:
    absent = {"gone": np.zeros((7, 7), dtype=np.float32)}
    places = locate_parameters(PARAMETERS | absent, INITIALISERS)
    assert places["gone"] is None
    assert refusal(write(tmp_path, INITIALISERS, places)) == (
        f"{tmp_path}: its graph does not hold gone, so no training can start from it"
    )


@pytest.mark.parametrize(
    "places",
    [
        "",
        "[]",
        "3",
        '{"w": 3}',
        '{"w": {}}',
        '{"w": {"initialiser": "absent", "transposed": false, "scale": null}}',
    ],
)
def test_a_map_that_is_none_is_refused(tmp_path: Path, places: str) -> None:
    assert refusal(write(tmp_path, INITIALISERS, places)) == (
        f"{tmp_path / 'parameters.json'}: does not say what model.onnx holds"
    )


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    write(tmp_path, INITIALISERS, {})
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    assert refusal(tmp_path) == f"{tmp_path / 'model.onnx'}: is no ONNX graph that can be read"
