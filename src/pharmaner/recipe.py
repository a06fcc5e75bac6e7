"""``Recipe``: every choice of a training, validated, read from TOML, saved with the model."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Annotated, Literal

import tomli_w
from pydantic import Field, model_validator

from pharmaner.labels import Tagging
from pharmaner.sections import Section, parse_sections, read_toml

Share = Annotated[float, Field(ge=0, lt=1)]

_TAGS_PIECES = (
    "with tagging BIO+X, whose tags are pieces' and not words'; BIO and BIOES are accepted"
)


class CorpusSection(Section):
    """Which annotations are learned.

    ``types`` are learned and predicted (empty: every type that the training corpus holds),
    ``ignore`` are read as no mention, ``auxiliary`` are learned as types of their own but never
    predicted, ``map`` renames a type before all that.
    """

    types: list[str] = Field(default=[])
    ignore: list[str] = Field(default=["UNCLEAR"])
    auxiliary: list[str] = Field(default=[])
    map: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _every_type_once(self) -> "CorpusSection":
        roles = {"types": self.types, "ignore": self.ignore, "auxiliary": self.auxiliary}
        for name, members in roles.items():
            if twice := {member for member in members if members.count(member) > 1}:
                raise ValueError(f"{', '.join(sorted(twice))} stands in {name} twice")
            for other, others in roles.items():
                if name < other and (both := set(members) & set(others)):
                    raise ValueError(f"{', '.join(sorted(both))} stands in {name} and in {other}")
        return self


class EncoderSection(Section):
    """The pre-trained encoder: a packaged name, a folder, or a hub id with its revision."""

    name: str = "pharmaner-es"
    revision: str = ""


class TextSection(Section):
    """How a text is cut into windows.

    ``input`` is what a window lies within: a document, or a sentence. ``window`` is a window's
    length in pieces, special pieces included; ``context`` is how many pieces a word sees on either
    side at least, the ends of that apart, when a tagger predicts, or a quarter of them beyond its
    sentence; training has none.
    """

    input: Literal["document", "sentence"] = "document"
    window: Annotated[int, Field(ge=16)] = 256
    context: Annotated[int, Field(ge=0)] = 32

    @model_validator(mode="after")
    def _context_leaves_room(self) -> "TextSection":
        if 2 * self.context > self.window // 2:
            raise ValueError(
                f"context {self.context} on both sides leaves too little of window {self.window}; "
                f"up to {self.window // 4} is accepted"
            )
        return self


class NetworkSection(Section):
    """The tagger on top of the encoder.

    ``decoder`` is how words' tags depend on each other: ``softmax`` learns each word's by itself,
    ``crf`` learns which tag follows which, too (a linear-chain conditional random field over
    words). Either way a document gets its likeliest legal sequence of tags.
    """

    tagging: Annotated[Tagging, Field(strict=False)] = Tagging.BIO
    decoder: Literal["softmax", "crf"] = "softmax"
    dropout: Share = 0.1
    attention_dropout: Share = 0.0

    @model_validator(mode="after")
    def _crf_tags_words(self) -> "NetworkSection":
        if self.decoder == "crf" and self.tagging is Tagging.BIO_X:
            raise ValueError(f"decoder crf {_TAGS_PIECES}")
        return self


class SurfaceSection(Section):
    """What words look like, learned beside the network by a CRF over surface features.

    Its scores, times ``weight``, are added to the network's log-probabilities; 0 leaves it out.
    """

    weight: Annotated[float, Field(ge=0)] = 0.0


class DecodingSection(Section):
    """How mentions are decided, beyond the tags' scores.

    ``recurrence`` is what is added, in nats, to the score of a name that was found in the document
    wherever it occurs there; 0 decides every occurrence apart.
    """

    recurrence: Annotated[float, Field(ge=0)] = 0.0


class AugmentationSection(Section):
    """How the training corpus is varied from epoch to epoch.

    ``mention_replacement`` is the share of mentions that give way to another name of their type.
    ``word_masking`` is the share of words that are hidden, to be tagged by their context.
    """

    mention_replacement: Annotated[float, Field(ge=0, le=1)] = 0.0
    word_masking: Share = 0.0


class TrainingSection(Section):
    """How the weights are fitted.

    ``batch_sequences`` fixes the number of windows in a batch; 0 fills batches up to
    ``batch_pieces`` instead (padding included). ``warmup`` is a share of all steps. ``patience``
    stops after that many epochs without a better dev F1; 0 never stops. ``keep`` chooses the
    weights of the best dev epoch or of the last; without a dev corpus it is always the last.
    ``precision`` ``auto`` is bf16 where the hardware computes it, fp32 elsewhere. ``layer_decay``
    multiplies the encoder's rate once for every layer above. With ``ema_decay`` an exponential
    moving average of the weights is judged and kept, which holds on to that share a step; 0
    keeps the weights themselves.
    """

    epochs: Annotated[int, Field(ge=1)] = 8
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.1
    batch_sequences: Annotated[int, Field(ge=0)] = 0
    batch_pieces: Annotated[int, Field(ge=0)] = 1024
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    ema_decay: Share = 0.0
    clip_norm: Annotated[float, Field(gt=0)] = 1.0
    patience: Annotated[int, Field(ge=0)] = 0
    keep: Literal["best", "last"] = "best"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="after")
    def _one_batch_size(self) -> "TrainingSection":
        if bool(self.batch_sequences) == bool(self.batch_pieces):
            raise ValueError("one of batch_sequences and batch_pieces must be 0, the other above")
        if self.patience and self.keep == "last":
            raise ValueError('patience stops by dev F1, keep = "last" disregards it: set one only')
        return self


class Recipe(Section):
    """The eight tables of a training."""

    corpus: CorpusSection = CorpusSection()
    encoder: EncoderSection = EncoderSection()
    text: TextSection = TextSection()
    network: NetworkSection = NetworkSection()
    surface: SurfaceSection = SurfaceSection()
    decoding: DecodingSection = DecodingSection()
    augmentation: AugmentationSection = AugmentationSection()
    training: TrainingSection = TrainingSection()

    @model_validator(mode="after")
    def _what_needs_words_tags(self) -> "Recipe":
        needing = {
            "surface.weight": self.surface.weight,
            "decoding.recurrence": self.decoding.recurrence,
        }
        for key, value in needing.items():
            if value and self.network.tagging is Tagging.BIO_X:
                raise ValueError(f"{key} {value:g} {_TAGS_PIECES}")
        return self

    def as_toml(self) -> str:
        """The resolved recipe, readable by ``parse_recipe``."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def shipped_recipes() -> list[str]:
    """The names of the recipes in the package."""
    folder = files("pharmaner") / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if ".toml" in p.name)


def setting(key: str, value: str) -> str:
    """A ``section.key=value`` that sets a text, whatever it holds."""
    return f"{key}={tomli_w.dumps({'text': value}).removeprefix('text = ').strip()}"


def load_recipe(name: str, overrides: Iterable[str] = ()) -> Recipe:
    """A shipped recipe by name, or a TOML file; then ``section.key=value`` overrides in order.

    Raises:
        RecipeError: for an unknown recipe, unreadable TOML, an unknown key, a wrong type or a
            contradiction; says what is accepted.
    """
    shipped = files("pharmaner") / "recipes" / f"{name}.toml"
    if name in shipped_recipes():
        content = shipped.read_text(encoding="utf-8")
    else:
        content = read_toml(name, "recipe", shipped_recipes())
    return parse_recipe(content, name, overrides)


def parse_recipe(content: str, origin: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe from TOML text; ``origin`` names it in errors.

    Raises:
        RecipeError: as ``load_recipe``.
    """
    return parse_sections(Recipe, content, origin, overrides)
