"""An ONNX graph in int8: products with weights, and embeddings."""

from pathlib import Path

import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from pharmaner.encoders.int8 import quantise
from pharmaner.encoders.onnx_parameters import INT8, SCALE
from pharmaner.export.graph import quiet_exporter


def write_int8(graph: Path, file: Path, reduced_range: bool) -> None:
    """Write a graph with its weights in int8 and their inputs quantised as they come.

    A matrix that inputs are multiplied with has one scale an output; a table of embeddings one a
    row. Biases and norms stay in fp32.

    Args:
        graph: the graph in fp32.
        file: the graph to write.
        reduced_range: give weights 7 bits instead of 8, see ``saturates_int8``.
    """
    with quiet_exporter():
        quantize_dynamic(
            graph,
            file,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            reduce_range=reduced_range,
            weight_type=QuantType.QInt8,
        )
    model = onnx.load(file)
    _quantise_embeddings(model.graph)
    onnx.save(model, file)


def _quantise_embeddings(graph: onnx.GraphProto) -> None:
    """Replace every row looked up in an fp32 table by the int8 row times its scale."""
    floats = [i for i in graph.initializer if i.data_type == onnx.TensorProto.FLOAT]
    tables = {initializer.name: initializer for initializer in floats if len(initializer.dims) == 2}
    nodes = []
    quantised = set()
    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] in tables:
            quantised.add(node.input[0])
            nodes += _scaled_lookup(node)
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    for name in sorted(quantised):
        packed = quantise({name: numpy_helper.to_array(tables[name])})
        integers, scale = packed.values()
        graph.initializer.append(numpy_helper.from_array(integers, name + INT8))
        graph.initializer.append(numpy_helper.from_array(scale[:, None], name + SCALE))
        if name not in used:
            graph.initializer.remove(tables[name])
    del graph.node[:]
    graph.node.extend(nodes)


def _scaled_lookup(gather: onnx.NodeProto) -> list[onnx.NodeProto]:
    table, rows = gather.input
    (output,) = gather.output
    integers, values, scale = (f"{output}_{part}" for part in ("integers", "values", "scale"))
    return [
        helper.make_node("Gather", [table + INT8, rows], [integers]),
        helper.make_node("Cast", [integers], [values], to=onnx.TensorProto.FLOAT),
        helper.make_node("Gather", [table + SCALE, rows], [scale]),
        helper.make_node("Mul", [values, scale], [output]),
    ]
