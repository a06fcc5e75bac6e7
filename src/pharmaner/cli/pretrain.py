"""``pharmaner pretrain``."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.corpora import name_texts
from pharmaner.cli.options import (
    EncoderOption,
    OverridesOption,
    ResumeOption,
    SeedOption,
    chosen_settings,
)
from pharmaner.cli.training_progress import TrainingProgress
from pharmaner.errors import MissingExtraError


def pretrain(
    texts: Annotated[
        list[Path],
        typer.Option("--text", help="A folder, file or table of texts; may be repeated."),
    ],
    output: Annotated[Path, typer.Option(help="The encoder folder to write.")],
    encoder: EncoderOption,
    vocabulary: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FROM-TEXT",
            help="Prune the vocabulary to the pieces of these texts, the characters of Latin and "
            "Greek, and frequent Latin pieces; as --text, may be repeated.",
        ),
    ] = None,
    overrides: OverridesOption = None,
    seed: SeedOption = None,
    resume: ResumeOption = False,
) -> None:
    """Continue an encoder's masked-language-model training on plain texts."""
    try:
        from pharmaner.training.pretrain import pretrain as run_pretraining
        from pharmaner.training.pretrain_recipe import parse_pretrain_recipe
    except ImportError:
        raise MissingExtraError(
            "pre-training needs torch; `pip install 'pharmaner[train]'` brings it"
        ) from None
    settings = chosen_settings("pretrain", overrides, encoder, seed)
    recipe = parse_pretrain_recipe("", "pretrain", settings)
    documents = list(name_texts(texts).documents())
    say(f"{len(documents)} texts")
    kept = list(name_texts(vocabulary or []).documents())
    try:
        with TrainingProgress() as progress:
            result = run_pretraining(
                recipe,
                documents,
                output=output,
                vocabulary=kept,
                resume=resume,
                listener=progress,
            )
    except KeyboardInterrupt:
        say(f"interrupted; the same command with --resume goes on ({output}.partial)")
        raise typer.Exit(130) from None
    for name, rates in zip(("before", "after"), result.rates, strict=True):
        say(
            f"vocabulary {name}: {rates.pieces_per_word:.3f} pieces a word, "
            f"{rates.unknown_per_thousand:.2f} unknown a thousand words (held-out texts)"
        )
    say(f"next: pharmaner train --encoder {output} ...")
