"""``pretrain``: an encoder and plain texts in, an encoder that knows such texts out."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from pharmaner.document import Document
from pharmaner.encoders.folder import TOKENIZERS
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import CorpusError, EncoderError, RecipeError
from pharmaner.model_folder import RUN_LOG
from pharmaner.network.encoder_tokenizer import encoder_tokenizer, special_pieces
from pharmaner.network.masked_network import masked_network
from pharmaner.network.pretrained import check_readable, pad_id_of, save_pretrained
from pharmaner.partial import begin_or_resume, finish, is_in_place
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import TextSection
from pharmaner.scoring.strict import corpus_hash, order_hash
from pharmaner.storage import whole_folder
from pharmaner.text.windows import Window
from pharmaner.text.words import split_words
from pharmaner.training.loop import Fit, Listener, all_batches
from pharmaner.training.masking import Masker
from pharmaner.training.masking_task import MaskingTask
from pharmaner.training.precision import resolve_precision
from pharmaner.training.pretrain_recipe import PretrainRecipe
from pharmaner.training.pruning import PieceRates, piece_rates, prune_vocabulary
from pharmaner.training.run_log import RunLog, read_records

_TOKENIZER_FILES = (
    *TOKENIZERS,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "merges.txt",
)


@dataclass(frozen=True, slots=True)
class Pretraining:
    """A finished pre-training: its folder and the records by epoch.

    ``rates`` is how finely the tokenizer cuts the held-out texts, before pruning and after; the
    same twice when nothing was pruned.
    """

    folder: Path
    history: list[dict[str, Any]]
    rates: tuple[PieceRates, PieceRates]


def pretrain(
    recipe: PretrainRecipe,
    documents: Sequence[Document],
    *,
    output: Path | str,
    vocabulary: Sequence[Document] = (),
    resume: bool = False,
    listener: Listener | None = None,
) -> Pretraining:
    """Continue the masked-language-model training of an encoder on plain texts.

    Whole words are hidden; where the encoder brings no head, a fresh one is trained alone for
    some steps first. The output is an encoder folder with its head, usable as ``--encoder``.

    Args:
        recipe: every choice; its ``encoder.name`` must be set.
        documents: the texts, of which a share is held out.
        output: the encoder folder to write; must not exist or be empty.
        vocabulary: texts to prune the encoder's vocabulary to first, see ``prune_vocabulary``;
            none keeps all pieces.
        resume: go on from ``OUTPUT.partial`` where there is one.
        listener: is told of every step and epoch.

    Raises:
        InputError: for texts, an encoder or an output that cannot be used.
    """
    output = Path(output)
    is_whole = is_in_place(output, resume)
    source = find_encoder(recipe.encoder.name, recipe.encoder.revision)
    whole = source.location
    with TemporaryDirectory() as temporary:
        encoder = whole
        if vocabulary:
            encoder = Path(temporary) / "pruned"
            prune_vocabulary(whole, (document.text for document in vocabulary), encoder)
        _, judged = _held_out(documents, recipe.masking.held_out)
        before = _rates(whole, judged)
        rates = (before, _rates(encoder, judged) if vocabulary else before)
        begun_with = {
            "recipe": recipe.model_dump(mode="json"),
            "texts": corpus_hash(documents),
            "order": order_hash(documents),
            "vocabulary": corpus_hash(vocabulary) if vocabulary else None,
            "encoder": source.content_hash,
            "precision": resolve_precision(recipe.training.precision),
        }
        if is_whole:
            finish(begin_or_resume(output, resume, begun_with))
            return Pretraining(output, read_records(output / RUN_LOG), rates)
        return _run(recipe, documents, encoder, output, begun_with, resume, listener, rates)


def _rates(encoder: Path, documents: Sequence[Document]) -> PieceRates:
    tokenizer = encoder_tokenizer(encoder)
    unknown = special_pieces(encoder, tokenizer).get("unk_token")
    return piece_rates(tokenizer, unknown, (document.text for document in documents))


def _run(
    recipe: PretrainRecipe,
    documents: Sequence[Document],
    encoder: Path,
    output: Path,
    begun_with: dict[str, Any],
    resume: bool,
    listener: Listener | None,
    rates: tuple[PieceRates, PieceRates],
) -> Pretraining:
    torch.manual_seed(recipe.training.seed)
    network, brings_head = masked_network(encoder, recipe.network.layers, recipe.network.dropout)
    task = _task(recipe, documents, encoder, network)
    frozen_steps = 0 if brings_head else recipe.masking.head_steps
    steps = sum(map(len, all_batches(task, recipe.training)))
    if frozen_steps >= steps:
        raise RecipeError(
            f"masking.head_steps: {frozen_steps} for the fresh head alone, of {steps} steps in "
            f"all: the encoder would learn nothing; under {steps} is accepted"
        )
    partial = begin_or_resume(output, resume, begun_with)
    log = RunLog(partial / RUN_LOG, listener)
    state = Fit(network, task, recipe.training, partial, log, frozen_steps).run()
    with whole_folder(output) as folder:
        save_pretrained(network, folder)
        for name in _TOKENIZER_FILES:
            if (encoder / name).is_file():
                shutil.copyfile(encoder / name, folder / name)
        shutil.copyfile(log.path, folder / RUN_LOG)
        shutil.copyfile(partial / "training.json", folder / "pretraining.json")
    finish(partial)
    return Pretraining(output, state.history, rates)


def _task(
    recipe: PretrainRecipe, documents: Sequence[Document], encoder: Path, network: torch.nn.Module
) -> MaskingTask:
    tokenizer = encoder_tokenizer(encoder)
    check_readable(network.config, recipe.masking.window, "masking.window")
    windower = Windower(tokenizer, TextSection(window=recipe.masking.window, context=0))
    learned, judged = _held_out(documents, recipe.masking.held_out)
    special = special_pieces(encoder, tokenizer)
    if "mask_token" not in special:
        raise EncoderError(f"{encoder}: its tokenizer has no mask piece")
    ordinary = sorted(set(range(tokenizer.tokenizer.get_vocab_size())) - set(special.values()))
    return MaskingTask(
        network=network,
        windows=_windows(learned, windower),
        held_out=_windows(judged, windower),
        masker=Masker(recipe.masking.share, special["mask_token"], np.array(ordinary)),
        pad_id=pad_id_of(network),
        seed=recipe.training.seed,
    )


def _held_out(documents: Sequence[Document], share: float) -> tuple[list[Document], list[Document]]:
    """Texts to learn and to judge by; which are which follows from their order alone."""
    if len(documents) < 2:
        raise CorpusError(f"{len(documents)} texts; at least 2 are accepted, one is held out")
    order = np.random.default_rng(0).permutation(len(documents)).tolist()
    judged = set(order[: min(len(order) - 1, math.ceil(share * len(order)))])
    learned = [d for place, d in enumerate(documents) if place not in judged]
    return learned, [d for place, d in enumerate(documents) if place in judged]


def _windows(documents: Sequence[Document], windower: Windower) -> list[Window]:
    """The windows that have a word to hide.

    Raises:
        CorpusError: when there is none.
    """
    cut = (w for d in documents for w in windower.windows(d.text, split_words(d.text)))
    windows = [window for window in cut if (window.word_index >= 0).any()]
    if not windows:
        raise CorpusError("the texts hold no word")
    return windows
