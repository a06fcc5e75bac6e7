"""What an interrupted training needs to go on as if nothing had happened.

No random state is kept: every step seeds torch from (seed, step), every epoch's batches follow
from (seed, epoch). Tensors lie in safetensors, everything else in JSON; nothing is pickled.
"""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pharmaner.errors import OutputError
from pharmaner.storage import sync, whole_folder, write_text

_PREFIX = "checkpoint-"


@dataclass(slots=True)
class TrainingState:
    """Where a training stands.

    ``epoch`` and ``batch`` count finished epochs and the finished batches of the one under way;
    ``step`` counts all optimizer steps. ``loss_sum`` and ``labelled`` add up the epoch under way.
    ``history`` has a record for each finished epoch.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    labelled: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_score: float = -1.0
    history: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(
    folder: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer, state: TrainingState
) -> None:
    """Write a checkpoint, whole or not at all, then remove the older ones."""
    target = folder / f"{_PREFIX}{state.step:08d}"
    older = _checkpoints(folder)
    with whole_folder(target) as temporary:
        save_weights(network, temporary / "weights.safetensors")
        _save(_flat(optimizer), temporary / "optimizer.safetensors")
        write_text(temporary / "state.json", json.dumps(asdict(state), indent=1))
    for old in older:
        shutil.rmtree(old)


def load_checkpoint(
    folder: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> TrainingState | None:
    """Put the newest checkpoint into the network and the optimizer; ``None`` without one.

    Raises:
        OutputError: when it is damaged.
    """
    found = _checkpoints(folder)
    if not found:
        return None
    try:
        network.load_state_dict(load_file(found[-1] / "weights.safetensors"))
        _unflatten(optimizer, load_file(found[-1] / "optimizer.safetensors"))
        return TrainingState(**json.loads((found[-1] / "state.json").read_text(encoding="utf-8")))
    except (OSError, SafetensorError, ValueError, TypeError, RuntimeError):
        raise OutputError(f"{found[-1]}: is damaged; remove it to go on without it") from None


def save_weights(network: torch.nn.Module, path: Path) -> None:
    """Write a network's weights as safetensors, atomically; tied weights are written twice.

    Raises:
        OutputError: when the disk cannot be written to, or is full.
    """
    tensors = {name: t.detach().cpu().clone() for name, t in network.state_dict().items()}
    temporary = path.with_name(f".{path.name}")
    _save(tensors, temporary)
    temporary.replace(path)


def load_weights(network: torch.nn.Module, path: Path) -> None:
    """Read weights that ``save_weights`` wrote.

    Raises:
        OutputError: when they are damaged, or not there any more.
    """
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, ValueError, RuntimeError):
        raise OutputError(f"{path}: is damaged; remove {path.parent} to train again") from None


def _save(tensors: dict[str, torch.Tensor], path: Path) -> None:
    try:
        save_file(tensors, path)
        sync(path)
    except (SafetensorError, OSError) as error:
        raise OutputError(f"{path}: cannot be written: {error}") from error


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}*"))


def _flat(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{parameter}.{name}": value.detach().cpu().contiguous()
        for parameter, values in state.items()
        for name, value in values.items()
    }


def _unflatten(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    complete = optimizer.state_dict()
    complete["state"] = {}
    for key, value in tensors.items():
        parameter, _, name = key.partition(".")
        complete["state"].setdefault(int(parameter), {})[name] = value
    optimizer.load_state_dict(complete)
