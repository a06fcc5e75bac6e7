"""An exported model folder in the making."""

import json
import shutil
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pharmaner.encoders.onnx_parameters import (
    PARAMETERS,
    locate_parameters,
    read_initialisers,
    relocate_in_int8,
)
from pharmaner.export.graph import write_graph
from pharmaner.export.int8 import write_int8
from pharmaner.model_folder import (
    CARD,
    EXACT_WEIGHTS,
    MANIFEST,
    ONNX_WEIGHTS,
    TORCH_WEIGHTS,
    ModelFolder,
    write_manifest,
)
from pharmaner.network.tagger_network import load_network
from pharmaner.storage import write_text
from pharmaner.training.model_card import model_card


@dataclass(frozen=True, slots=True)
class Draft:
    """A folder that is filled from a trained model's folder; what is done to it is recorded.

    After each step it is a whole model folder.
    """

    source: ModelFolder
    folder: Path
    record: dict[str, Any] = field(default_factory=dict)

    def write_fp32(self) -> None:
        """Write the network as a graph in fp32, and copy everything else.

        Raises:
            ExportError: when torch cannot export the network.
        """
        for name in self.source.manifest["files"]:
            if name not in {TORCH_WEIGHTS, CARD}:
                shutil.copyfile(self.source.path / name, self.folder / name)
        network = load_network(self.source.path)
        write_graph(network, self.folder / ONNX_WEIGHTS)
        parameters = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        places = locate_parameters(parameters, read_initialisers(self.folder / ONNX_WEIGHTS))
        write_text(self.folder / PARAMETERS, json.dumps(places, indent=1))
        versions = {name: version(name) for name in ("torch", "onnx", "onnxruntime")}
        self.record_and_seal({"precision": "fp32", "versions": versions})

    def make_int8(self, reduced_range: bool, confirm: bool) -> None:
        """Put a graph in int8 in the place of that in fp32, which is kept to confirm it or not."""
        graph, smaller = self.folder / ONNX_WEIGHTS, self.folder / f"int8.{ONNX_WEIGHTS}"
        write_int8(graph, smaller, reduced_range)
        if confirm:
            graph.replace(self.folder / EXACT_WEIGHTS)
        smaller.replace(graph)
        places = json.loads((self.folder / PARAMETERS).read_text(encoding="utf-8"))
        moved = relocate_in_int8(places, read_initialisers(graph))
        write_text(self.folder / PARAMETERS, json.dumps(moved, indent=1))
        used = "reduced" if reduced_range else "full"
        self.record_and_seal({"precision": "int8", "range": used, "confirmed": confirm})

    def record_and_seal(self, done: dict[str, Any]) -> None:
        """Record what was done, in the card and in a manifest of the folder as it is now."""
        self.record.update(done)
        (self.folder / MANIFEST).unlink(missing_ok=True)
        before = self.source.manifest
        content = {key: before[key] for key in before if key not in {"format", "files"}}
        content |= {"plain_transformers": "no", "export": self.record}
        write_text(self.folder / CARD, model_card(self.source.recipe, content))
        write_manifest(self.folder, content)
