"""The training loop: batches, steps, dev score, checkpoints."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from accelerate import Accelerator

from pharmaner.errors import InputError
from pharmaner.network.dropout import draw_dropout_quickly
from pharmaner.recipe import TrainingSection
from pharmaner.training.allocator import keep_freed_memory, release_freed_memory
from pharmaner.training.batches import plan_batches
from pharmaner.training.checkpoint import (
    TrainingState,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from pharmaner.training.optimizer import learning_rate_share, new_optimizer
from pharmaner.training.precision import resolve_precision
from pharmaner.training.weight_average import averaged, keep_average, swap_average

CHECKPOINT_SECONDS = 120.0
"""How much work an interruption can cost at the most, within an epoch."""


class Listener(Protocol):
    """Whoever watches a training."""

    def surface_passed(self, passes: int, most: int) -> None:
        """Surface features were fitted in so many passes over the documents of at most so many."""

    def begins(self, steps: int, done: int) -> None:
        """The training has ``steps`` steps, of which ``done`` were finished before."""

    def stepped(self, step: int, loss: float) -> None:
        """A step is finished; ``loss`` is the epoch's mean until now."""

    def epoch_ended(self, record: dict[str, Any]) -> None:
        """An epoch is finished and recorded."""


class Task(Protocol):
    """What a network learns and how it is judged."""

    def lengths(self, epoch: int) -> Sequence[int]:
        """The lengths in pieces of an epoch's examples; epochs count from 0."""

    @property
    def criterion(self) -> str | None:
        """The key of ``evaluate`` by which epochs are compared; ``None``: nothing to judge by."""

    def loss(
        self, network: torch.nn.Module, batch: Sequence[int], epoch: int
    ) -> tuple[torch.Tensor, int]:
        """The summed loss of some examples, and over how many pieces it sums."""

    def evaluate(self) -> dict[str, Any]:
        """How good the network is now; higher is better for the criterion."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One fitting of a network to a task; checkpoints lie in ``folder``.

    For the first ``frozen_steps`` the head alone moves; the encoder's schedule begins after them.
    """

    network: torch.nn.Module
    task: Task
    section: TrainingSection
    folder: Path
    listener: Listener
    frozen_steps: int = 0

    def run(self) -> TrainingState:
        """Train to the end, going on from the newest checkpoint if there is one.

        Afterwards the network holds the kept weights: of the best dev epoch, or the last.
        """
        keep_freed_memory()
        accelerator = Accelerator()
        if accelerator.num_processes > 1:
            raise InputError(f"{accelerator.num_processes} processes; one is accepted")
        draw_dropout_quickly(self.network)
        self.network.to(accelerator.device)
        optimizer = new_optimizer(self.network, self.section)
        if self.section.ema_decay:
            keep_average(optimizer, self.section.ema_decay)
        state = load_checkpoint(self.folder, self.network, optimizer) or TrainingState()
        plans = all_batches(self.task, self.section)
        steps = sum(len(plan) for plan in plans)
        self.listener.begins(steps, state.step)
        while state.epoch < self.section.epochs and not self._is_patience_over(state):
            self._epoch(accelerator, optimizer, state, plans[state.epoch], steps)
            save_checkpoint(self.folder, self.network, optimizer, state)
            self._remove_worse_weights(state)
        if self._keeps_best and state.best_epoch:
            load_weights(self.network, self._best_weights(state.best_epoch))
        else:
            swap_average(optimizer)
        return state

    @property
    def _keeps_best(self) -> bool:
        return self.task.criterion is not None and self.section.keep == "best"

    def _is_patience_over(self, state: TrainingState) -> bool:
        waited = state.epoch - state.best_epoch
        return bool(self.task.criterion) and 0 < self.section.patience <= waited

    def _best_weights(self, epoch: int) -> Path:
        return self.folder / f"best-{epoch}.safetensors"

    def _remove_worse_weights(self, state: TrainingState) -> None:
        for path in self.folder.glob("best-*.safetensors"):
            if path != self._best_weights(state.best_epoch):
                path.unlink()

    def _epoch(
        self,
        accelerator: Accelerator,
        optimizer: torch.optim.Optimizer,
        state: TrainingState,
        plan: list[list[int]],
        steps: int,
    ) -> None:
        self.network.train()
        saved = begun = time.monotonic()
        for batch in plan[state.batch :]:
            self._step(accelerator, optimizer, state, batch, steps)
            self.listener.stepped(state.step, state.loss_sum / max(1, state.labelled))
            now = time.monotonic()
            if now - saved > CHECKPOINT_SECONDS and state.batch < len(plan):
                state.seconds += now - begun
                save_checkpoint(self.folder, self.network, optimizer, state)
                release_freed_memory()
                saved = begun = time.monotonic()
        state.seconds += time.monotonic() - begun
        with averaged(optimizer):
            self._end_epoch(state)

    def _step(
        self,
        accelerator: Accelerator,
        optimizer: torch.optim.Optimizer,
        state: TrainingState,
        batch: list[int],
        steps: int,
    ) -> None:
        torch.manual_seed(_mixed(self.section.seed, state.step))
        self.network.base_model.requires_grad_(state.step >= self.frozen_steps)
        for group in optimizer.param_groups:
            wait = self.frozen_steps if group["is_encoder"] else 0
            share = learning_rate_share(state.step - wait, steps - wait, self.section.warmup)
            group["lr"] = group["peak"] * share
        with self._autocast(accelerator.device):
            total, labelled = self.task.loss(self.network, batch, state.epoch)
        accelerator.backward(total / max(1, labelled))
        norm = accelerator.clip_grad_norm_(self.network.parameters(), self.section.clip_norm)
        loss = float(total.detach())
        if not (math.isfinite(loss) and math.isfinite(float(norm))):
            raise InputError(
                f"step {state.step + 1}: the training diverged, its loss or gradient is no number "
                "any more; a lower training.learning_rate is accepted"
            )
        optimizer.step()
        optimizer.zero_grad()
        state.loss_sum += loss
        state.labelled += labelled
        state.step += 1
        state.batch += 1

    def _autocast(self, device: torch.device) -> torch.autocast:
        """Mixed precision set here, for accelerate allows one setting in a process only."""
        is_bf16 = resolve_precision(self.section.precision) == "bf16"
        return torch.autocast(device.type, torch.bfloat16, enabled=is_bf16)

    def _end_epoch(self, state: TrainingState) -> None:
        state.epoch += 1
        record: dict[str, Any] = {
            "epoch": state.epoch,
            "step": state.step,
            "loss": state.loss_sum / max(1, state.labelled),
            "seconds": round(state.seconds, 1),
            "pieces_per_second": round(state.labelled / max(state.seconds, 1e-9)),
        }
        if self.task.criterion is not None:
            record["dev"] = self.task.evaluate()
            reached = record["dev"][self.task.criterion]
            if reached > state.best_score:
                state.best_score, state.best_epoch = reached, state.epoch
                if self._keeps_best:
                    save_weights(self.network, self._best_weights(state.epoch))
        state.history.append(record)
        state.batch, state.loss_sum, state.labelled, state.seconds = 0, 0.0, 0, 0.0
        self.listener.epoch_ended(record)


def all_batches(task: Task, section: TrainingSection) -> list[list[list[int]]]:
    """The batches of each epoch, as the places of their examples."""
    sizes = section.batch_sequences, section.batch_pieces
    return [
        plan_batches(task.lengths(epoch), *sizes, section.seed, epoch)
        for epoch in range(section.epochs)
    ]


def _mixed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
