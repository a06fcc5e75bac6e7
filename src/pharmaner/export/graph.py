"""A torch network to an ONNX graph, for any number of windows of any one length."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from pharmaner.errors import ExportError


class _Logits(torch.nn.Module):
    """A network as a function from pieces to logits, shape (windows, pieces, tags).

    Windows scored together are of one length: a mask for padding would cost every score of every
    layer's attention an addition.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(input_ids=input_ids).logits
        return logits


def write_graph(network: torch.nn.Module, file: Path) -> None:
    """Write a network's graph in fp32, its weights inside the one file.

    Raises:
        ExportError: when torch cannot export the network.
    """
    example = torch.ones((2, 16), dtype=torch.int64)
    any_size = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with quiet_exporter():
        try:
            program = torch.onnx.export(
                _Logits(network).eval(),
                (example,),
                dynamo=True,
                input_names=["input_ids"],
                output_names=["logits"],
                dynamic_shapes={"input_ids": any_size},
                verbose=False,
            )
            if program is None:
                raise RuntimeError("torch wrote no program")
            program.save(file, external_data=False)
        except Exception as error:  # the exporter's passes raise whatever they like
            reason = str(error).strip().partition("\n")[0]
            kind = getattr(network.config, "model_type", "this network")
            raise ExportError(f"{kind}: torch cannot export it: {reason}") from error


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Silence the warnings of torch's and onnxruntime's tools about themselves."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
