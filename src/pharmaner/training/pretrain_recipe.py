"""``PretrainRecipe``: every choice of a continued pre-training."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from pharmaner.recipe import EncoderSection, Share, TrainingSection
from pharmaner.sections import Section, parse_sections


class MaskingSection(Section):
    """What is masked, and what is held out.

    ``share`` of a window's pieces is masked, whole words at a time. ``window`` is the length of a
    window in pieces. ``held_out`` is the share of the texts that is judged and not learned.
    ``head_steps`` trains the head alone first, where the encoder brings none.
    """

    share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    window: Annotated[int, Field(ge=16)] = 128
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.02
    head_steps: Annotated[int, Field(ge=0)] = 300


class PretrainNetworkSection(Section):
    """The network that is trained.

    ``layers`` keeps that many of the lowest layers; 0 keeps all. ``dropout`` holds everywhere
    while the encoder is pre-trained; its configuration keeps its own.
    """

    layers: Annotated[int, Field(ge=0)] = 0
    dropout: Share = 0.0


class PretrainTrainingSection(TrainingSection):
    """As ``TrainingSection``, with defaults of its own; an epoch is one pass over the texts."""

    epochs: Annotated[int, Field(ge=1)] = 1
    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    head_learning_rate: Annotated[float, Field(gt=0)] = 5e-4
    batch_pieces: Annotated[int, Field(ge=0)] = 4096
    keep: Literal["best", "last"] = "last"


class PretrainRecipe(Section):
    """The four tables of a continued pre-training."""

    encoder: EncoderSection = EncoderSection()
    network: PretrainNetworkSection = PretrainNetworkSection()
    masking: MaskingSection = MaskingSection()
    training: PretrainTrainingSection = PretrainTrainingSection()


def parse_pretrain_recipe(
    content: str, origin: str, overrides: Iterable[str] = ()
) -> PretrainRecipe:
    """Read a recipe of a pre-training from TOML text; ``origin`` names it in errors.

    Raises:
        RecipeError: for an unknown key, a wrong type or a contradiction.
    """
    return parse_sections(PretrainRecipe, content, origin, overrides)
