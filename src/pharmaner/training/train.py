"""``train``: annotated documents in, a model folder out."""

import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from pharmaner import __version__
from pharmaner.corpora.selection import check_types_known, only_types, renamed, resolve_types
from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.transitions import legal_scores
from pharmaner.document import Document
from pharmaner.encoders.source import EncoderSource, find_encoder
from pharmaner.errors import CorpusError, EncoderError
from pharmaner.model_folder import (
    RUN_LOG,
    SURFACE,
    open_model_folder,
    scheme_of,
    write_manifest,
)
from pharmaner.network.encoder_tokenizer import (
    encoder_tokenizer,
    save_tokenizer,
    special_pieces,
)
from pharmaner.network.pretrained import pad_id_of
from pharmaner.network.tagger_network import crf_of, new_network, save_network
from pharmaner.network.torch_backend import TorchBackend
from pharmaner.partial import begin_or_resume, is_in_place
from pharmaner.prediction.predictor import Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import Recipe, load_recipe
from pharmaner.scoring.strict import Scorer, corpus_hash, order_hash, score
from pharmaner.storage import whole_folder, write_text
from pharmaner.surface.scorer import SurfaceScorer, read_surface, write_surface
from pharmaner.text.alignment import AlignmentReport
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.training.epoch_examples import epoch_examples
from pharmaner.training.examples import Example
from pharmaner.training.loop import Fit, Listener
from pharmaner.training.model_card import model_card
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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Everything that a training needs, checked before the first step."""

    recipe: Recipe
    source: EncoderSource
    tokenizer: PieceTokenizer
    windower: Windower
    learned: list[Document]
    examples: Callable[[int], Sequence[Example]]
    alignment: AlignmentReport
    dev: list[Document]
    begun_with: dict[str, Any]


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
    prepared = _prepare(wanted, train_documents, dev_documents)
    partial = begin_or_resume(output, resume, prepared.begun_with)
    if is_whole:
        kept_epoch = open_model_folder(output).manifest["kept_epoch"]
        history = read_records(output / RUN_LOG)
        shutil.rmtree(partial)
        return Training(output, prepared.recipe, history, kept_epoch, prepared.alignment)
    log = RunLog(partial / RUN_LOG, listener)
    torch.manual_seed(prepared.recipe.training.seed)
    network = new_network(prepared.source.location, scheme_of(prepared.recipe), prepared.recipe)
    pad_id = pad_id_of(network)
    surface = _surface(prepared, partial / SURFACE, log)
    dev_score = _dev_scorer(network, prepared, pad_id, surface) if prepared.dev else None
    task = TaggingTask(prepared.examples, pad_id, dev_score)
    state = Fit(network, task, prepared.recipe.training, partial, log).run()
    keeps_best = bool(prepared.dev) and prepared.recipe.training.keep == "best"
    kept_epoch = (state.best_epoch if keeps_best else 0) or state.epoch
    files = [path for path in (log.path, partial / SURFACE) if path.is_file()]
    _write_model_folder(output, network, prepared, state.history, kept_epoch, files, pad_id)
    shutil.rmtree(partial)
    return Training(output, prepared.recipe, state.history, kept_epoch, prepared.alignment)


def check_training(
    recipe: Recipe, train_documents: Sequence[Document], dev_documents: Sequence[Document]
) -> None:
    """Refuse what ``train`` would refuse, without training.

    Raises:
        InputError: for a recipe, corpus or encoder that cannot be used.
    """
    prepared = _prepare(recipe, train_documents, dev_documents)
    new_network(prepared.source.location, scheme_of(prepared.recipe), prepared.recipe)


def _prepare(
    recipe: Recipe, train_documents: Sequence[Document], dev_documents: Sequence[Document]
) -> _Prepared:
    if not train_documents:
        raise CorpusError("there is no document to train on")
    recipe = resolve_types(recipe, train_documents)
    learned = renamed(train_documents, recipe.corpus)
    judged = renamed(dev_documents, recipe.corpus)
    check_types_known([*learned, *judged], recipe.corpus)
    source = find_encoder(recipe.encoder.name, recipe.encoder.revision)
    tokenizer = encoder_tokenizer(source.location)
    windower = Windower(tokenizer, recipe.text)
    mask_id = special_pieces(source.location, tokenizer).get("mask_token")
    if recipe.augmentation.word_masking and mask_id is None:
        raise EncoderError(f"{source.location}: its tokenizer has no mask piece to hide words with")
    examples, alignment = epoch_examples(learned, windower, recipe, mask_id)
    begun_with = {
        "recipe": recipe.model_dump(mode="json"),
        "train": corpus_hash(learned),
        "order": order_hash(learned),
        "dev": corpus_hash(judged) if judged else None,
    }
    dev = only_types(judged, recipe.corpus.types)
    return _Prepared(
        recipe, source, tokenizer, windower, learned, examples, alignment, dev, begun_with
    )


def _surface(prepared: _Prepared, file: Path, listener: Listener) -> SurfaceScorer | None:
    """The fitted surface features, where the recipe has them; read back from their file."""
    weight, scheme = prepared.recipe.surface.weight, scheme_of(prepared.recipe)
    if not weight:
        return None
    if not file.is_file():
        fitted = fit_surface(prepared.learned, scheme, weight, listener.surface_passed)
        write_surface(file, fitted)
    return read_surface(file, scheme, weight)


def _dev_scorer(
    network: torch.nn.Module, prepared: _Prepared, pad_id: int, surface: SurfaceScorer | None
) -> Callable[[], dict[str, Any]]:
    recipe = prepared.recipe
    scheme = scheme_of(recipe)
    further = 0.0 if surface is None else surface.weighted_transitions
    chain = legal_scores(scheme, further)
    decoder = Decoder(scheme, chain, recurrence=recipe.decoding.recurrence)
    predictor = Predictor(
        TorchBackend(network, pad_id),
        prepared.windower,
        scheme,
        recipe.corpus.auxiliary,
        decoder,
        surface,
    )
    crf = crf_of(network)

    def evaluate() -> dict[str, Any]:
        if crf is not None:
            predictor.decoder = replace(decoder, transitions=chain + crf.legal_scores())
        predictions = list(predictor.predict(prepared.dev))
        documents = [prediction.document for prediction in predictions]
        record = score(prepared.dev, documents, Scorer.PUBLIC).as_json()
        if predictor.scheme.tags_positions:
            for name in ("words_read_as_outside", "positions_overruled"):
                record[name] = sum(getattr(prediction, name) for prediction in predictions)
        return record

    return evaluate


def _write_model_folder(
    output: Path,
    network: torch.nn.Module,
    prepared: _Prepared,
    history: list[dict[str, Any]],
    kept_epoch: int,
    files: Sequence[Path],
    pad_id: int,
) -> None:
    kept = next(record for record in history if record["epoch"] == kept_epoch)
    recipe = prepared.recipe
    is_plain = not (crf_of(network) or recipe.surface.weight or recipe.decoding.recurrence)
    packages = ("torch", "transformers", "tokenizers", "accelerate")
    manifest = {
        "plain_transformers": "exact" if is_plain else "emissions_only",
        "pad_id": pad_id,
        "kept_epoch": kept_epoch,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "metrics": {"dev": kept.get("dev"), "training_loss": kept["loss"]},
        "corpora": {name: prepared.begun_with[name] for name in ("train", "dev")},
        "alignment": {
            "mentions": prepared.alignment.mentions,
            "not_exact": prepared.alignment.by_reason,
        },
        "versions": {
            "pharmaner": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }
    with whole_folder(output) as folder:
        save_network(network, scheme_of(recipe), folder)
        save_tokenizer(prepared.tokenizer, prepared.source.location, folder)
        write_text(folder / "recipe.toml", recipe.as_toml())
        for file in files:
            shutil.copyfile(file, folder / file.name)
        write_text(folder / "README.md", model_card(recipe, manifest))
        write_manifest(folder, manifest)
