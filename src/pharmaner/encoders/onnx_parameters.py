"""The parameters of a network in an ONNX graph, under their own names and in fp32 again.

``parameters.json`` lies beside the graph and says for each parameter which ``initialiser`` holds
it, whether ``transposed``, and, where that is int8, which initialiser holds its ``scale``: a
parameter is its integers times the scale, one an output of a product or one a row of a table. A
parameter that the exporter folded into others is ``null``.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from pharmaner.errors import EncoderError, MissingExtraError

PARAMETERS = "parameters.json"

INT8, SCALE = "_quantized", "_scale"
"""What onnxruntime appends to the name of an initialiser that it makes int8."""

FloatArray = npt.NDArray[np.float32]


class Place(TypedDict):
    """Where a graph keeps a parameter; ``scale`` is ``None`` for one in fp32."""

    initialiser: str
    transposed: bool
    scale: str | None


def locate_parameters(
    parameters: Mapping[str, FloatArray], initialisers: Mapping[str, FloatArray]
) -> dict[str, Place | None]:
    """Where a graph in fp32 keeps each parameter, found by its values."""
    by_shape: dict[tuple[int, ...], list[str]] = {}
    for name, values in initialisers.items():
        by_shape.setdefault(values.shape, []).append(name)

    def holding(values: FloatArray) -> str | None:
        names = by_shape.get(values.shape, [])
        return next((n for n in names if np.array_equal(initialisers[n], values)), None)

    places: dict[str, Place | None] = {}
    for name, values in parameters.items():
        found, transposed = holding(values), False
        if found is None and values.ndim == 2:
            found, transposed = holding(values.T), True
        if found is None:
            places[name] = None
        else:
            places[name] = Place(initialiser=found, transposed=transposed, scale=None)
    return places


def relocate_in_int8(
    places: Mapping[str, Place | None], initialisers: Mapping[str, Any]
) -> dict[str, Place | None]:
    """The same places after some initialisers were made int8."""
    moved: dict[str, Place | None] = {}
    for name, place in places.items():
        moved[name] = place
        if place and place["initialiser"] + INT8 in initialisers:
            integers, scale = (place["initialiser"] + suffix for suffix in (INT8, SCALE))
            moved[name] = Place(initialiser=integers, transposed=place["transposed"], scale=scale)
    return moved


def read_parameters(folder: Path, graph: str) -> dict[str, FloatArray]:
    """The parameters of a folder with a graph and a ``parameters.json``, in fp32.

    Raises:
        EncoderError: when a file cannot be read, or the graph lacks a parameter.
        MissingExtraError: without the package onnx.
    """
    initialisers = read_initialisers(folder / graph)
    parameters = {}
    try:
        places = json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))
        for name, place in places.items():
            if place is None:
                raise EncoderError(
                    f"{folder}: its graph does not hold {name}, so no training can start from it"
                )
            values = initialisers[place["initialiser"]].astype(np.float32)
            if place["scale"] is not None:
                values = values * initialisers[place["scale"]]
            parameters[name] = np.ascontiguousarray(values.T if place["transposed"] else values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise EncoderError(f"{folder / PARAMETERS}: does not say what {graph} holds") from None
    return parameters


def read_initialisers(file: Path) -> dict[str, npt.NDArray[Any]]:
    """The constant tensors of an ONNX graph by name.

    Raises:
        EncoderError: when the file is no ONNX graph.
        MissingExtraError: without the package onnx.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise MissingExtraError(
            "reading the weights of an exported folder needs onnx; "
            "`pip install 'pharmaner[train]'` brings it"
        ) from None
    try:
        graph = onnx.load(file).graph
    except (OSError, DecodeError) as error:
        raise EncoderError(f"{file}: is no ONNX graph that can be read") from error
    return {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
