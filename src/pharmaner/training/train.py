"""``train``: annotated documents in, a model folder out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pharmaner.document import Document
from pharmaner.model_folder import (
    RUN_LOG,
    SURFACE,
    open_model_folder,
    scheme_of,
)
from pharmaner.network.pretrained import pad_id_of
from pharmaner.network.tagger_network import new_network
from pharmaner.partial import begin_or_resume, finish, is_in_place
from pharmaner.recipe import Recipe, load_recipe
from pharmaner.surface.scorer import SurfaceScorer, read_surface, surface_of, write_surface
from pharmaner.text.alignment import AlignmentReport
from pharmaner.training.dev_score import dev_scorer
from pharmaner.training.loop import Fit, Listener
from pharmaner.training.model_writing import write_model_folder
from pharmaner.training.preparation import Prepared, prepare
from pharmaner.training.run_log import RunLog, read_records
from pharmaner.training.surface_fit import fit_surface
from pharmaner.training.tagging_task import TaggingTask


@dataclass(frozen=True, slots=True)
class Training:
    """A finished training: its folder, resolved recipe, records by epoch, and alignment losses.

    ``kept_epoch`` is the epoch whose weights were kept.
    """

    folder: Path
    recipe: Recipe
    history: list[dict[str, Any]]
    kept_epoch: int
    alignment: AlignmentReport


def train(
    recipe: Recipe | str,
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document] = (),
    *,
    output: Path | str,
    resume: bool = False,
    listener: Listener | None = None,
) -> Training:
    """Fine-tune an encoder on annotated documents and write a model folder.

    While it runs, checkpoints and the run log lie in ``OUTPUT.partial`` beside the output.

    Args:
        recipe: a recipe, or the name or TOML file of one.
        train_documents: what is learned from.
        dev_documents: what each epoch is scored on. Without it, the recipe's number of epochs is
            trained and the last weights are kept.
        output: the model folder to write; must not exist or be empty.
        resume: go on from ``OUTPUT.partial`` where there is one.
        listener: is told of every step and epoch.

    Raises:
        InputError: for a recipe, corpus, encoder or output that cannot be used.
    """
    output = Path(output)
    is_whole = is_in_place(output, resume)
    wanted = load_recipe(recipe) if isinstance(recipe, str) else recipe
    prepared = prepare(wanted, train_documents, dev_documents)
    partial = begin_or_resume(output, resume, prepared.begun_with)
    if is_whole:
        kept_epoch = open_model_folder(output).manifest["kept_epoch"]
        history = read_records(output / RUN_LOG)
        finish(partial)
        return Training(output, prepared.recipe, history, kept_epoch, prepared.alignment)
    log = RunLog(partial / RUN_LOG, listener)
    torch.manual_seed(prepared.recipe.training.seed)
    network = new_network(prepared.source.location, scheme_of(prepared.recipe), prepared.recipe)
    pad_id = pad_id_of(network)
    surface = _surface(prepared, partial / SURFACE, log)
    dev_score = dev_scorer(network, prepared, pad_id, surface) if prepared.dev else None
    task = TaggingTask(prepared.examples, pad_id, dev_score)
    state = Fit(network, task, prepared.recipe.training, partial, log).run()
    keeps_best = bool(prepared.dev) and prepared.recipe.training.keep == "best"
    kept_epoch = (state.best_epoch if keeps_best else 0) or state.epoch
    files = [path for path in (log.path, partial / SURFACE) if path.is_file()]
    write_model_folder(output, network, prepared, state.history, kept_epoch, files, pad_id)
    finish(partial)
    return Training(output, prepared.recipe, state.history, kept_epoch, prepared.alignment)


def check_training(
    recipe: Recipe, train_documents: Sequence[Document], dev_documents: Sequence[Document]
) -> None:
    """Refuse what ``train`` would refuse, without training.

    Raises:
        InputError: for a recipe, corpus or encoder that cannot be used.
    """
    prepared = prepare(recipe, train_documents, dev_documents)
    new_network(prepared.source.location, scheme_of(prepared.recipe), prepared.recipe)


def _surface(prepared: Prepared, file: Path, listener: Listener) -> SurfaceScorer | None:
    """The fitted surface features, where the recipe has them; read back from their file."""
    weight, scheme = prepared.recipe.surface.weight, scheme_of(prepared.recipe)
    if not weight:
        return None
    if not file.is_file():
        start = _surface_of_start(prepared)
        fitted = fit_surface(prepared.learned, scheme, weight, listener.surface_passed, start)
        write_surface(file, fitted)
    return read_surface(file, scheme, weight)


def _surface_of_start(prepared: Prepared) -> SurfaceScorer | None:
    """The surface features of a tagger that is trained further, where it has every tag."""
    if prepared.source.tagger is None:
        return None
    model, scheme = open_model_folder(prepared.source.tagger), scheme_of(prepared.recipe)
    surface = surface_of(model)
    is_known = set(scheme.types) <= set(model.scheme.types)
    if surface is None or not is_known or scheme.tagging is not model.scheme.tagging:
        return None
    return surface.with_tags([model.scheme.tags.index(tag) for tag in scheme.tags])
