import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pharmaner.errors import RecipeError
from pharmaner.experiments.space import load_space, parse_space
from pharmaner.labels import Tagging
from pharmaner.recipe import (
    DecodingSection,
    Recipe,
    SurfaceSection,
    TrainingSection,
    load_recipe,
    parse_recipe,
    setting,
    shipped_recipes,
)
from pharmaner.sections import Section
from pharmaner.training.pretrain_recipe import PretrainRecipe

FOLDER = Path(__file__).parents[1] / "src" / "pharmaner" / "recipes"


def refusal(content: str = "", *overrides: str) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(content, "my.toml", overrides)
    return str(caught.value)


def test_the_shipped_recipes_are_the_files_in_the_folder() -> None:
    assert shipped_recipes() == sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert "default" in shipped_recipes()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_shipped_recipe_loads_and_survives_a_round_trip(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe == load_recipe(str(FOLDER / f"{name}.toml"))
    assert parse_recipe(recipe.as_toml(), "again") == recipe


def test_the_default_recipe_has_the_documented_values_and_what_helps_on_few_documents() -> None:
    helps = {
        "surface": SurfaceSection(weight=1.0),
        "decoding": DecodingSection(recurrence=4.0),
        "training": TrainingSection(layer_decay=0.9),
    }
    assert load_recipe("default") == Recipe().model_copy(update=helps)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
floats = st.floats(1e-9, 1e3)
_DECODERS = (["softmax", "crf"], ["softmax"])


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    members = draw(st.lists(names, max_size=6, unique=True))
    cuts = sorted(draw(st.lists(st.integers(0, len(members)), min_size=2, max_size=2)))
    window = draw(st.integers(16, 512))
    by_sequences = draw(st.booleans())
    keep = draw(st.sampled_from(["best", "last"]))
    tables: dict[str, Any] = {
        "corpus": {
            "types": members[: cuts[0]],
            "ignore": members[cuts[0] : cuts[1]],
            "auxiliary": members[cuts[1] :],
            "map": draw(st.dictionaries(names, names, max_size=3)),
        },
        "encoder": {"name": draw(st.text(max_size=8)), "revision": draw(names)},
        "text": {
            "input": draw(st.sampled_from(["document", "sentence"])),
            "window": window,
            "context": draw(st.integers(0, window // 4)),
        },
        "network": {
            "tagging": (tagging := draw(st.sampled_from(Tagging))),
            "decoder": draw(st.sampled_from(_DECODERS[tagging is Tagging.BIO_X])),
            "dropout": draw(st.floats(0, 0.99)),
            "attention_dropout": draw(st.floats(0, 0.99)),
        },
        "surface": {"weight": 0.0 if tagging is Tagging.BIO_X else draw(floats)},
        "decoding": {"recurrence": 0.0 if tagging is Tagging.BIO_X else draw(floats)},
        "augmentation": {
            "mention_replacement": draw(st.floats(0, 1)),
            "word_masking": draw(st.floats(0, 1, exclude_max=True)),
        },
        "training": {
            "epochs": draw(st.integers(1, 99)),
            "learning_rate": draw(floats),
            "head_learning_rate": draw(floats),
            "weight_decay": draw(floats),
            "warmup": draw(st.floats(0, 0.99)),
            "batch_sequences": draw(st.integers(1, 64)) if by_sequences else 0,
            "batch_pieces": 0 if by_sequences else draw(st.integers(1, 9999)),
            "layer_decay": draw(st.floats(0.1, 1)),
            "ema_decay": draw(st.floats(0, 0.999)),
            "clip_norm": draw(floats),
            "patience": draw(st.integers(0, 9)) if keep == "best" else 0,
            "keep": keep,
            "precision": draw(st.sampled_from(["auto", "bf16", "fp32"])),
            "seed": draw(st.integers(0, 2**32 - 1)),
        },
    }
    return Recipe.model_validate(tables)


@settings(deadline=None, max_examples=150)
@given(recipes())
def test_any_recipe_survives_a_round_trip_through_toml(recipe: Recipe) -> None:
    assert parse_recipe(recipe.as_toml(), "again") == recipe


TRAINING_KEYS = (
    "epochs, learning_rate, head_learning_rate, weight_decay, warmup, batch_sequences, "
    "batch_pieces, layer_decay, ema_decay, clip_norm, patience, keep, precision, seed"
)


def test_the_toml_names_every_value() -> None:
    tables = tomllib.loads(Recipe().as_toml())
    assert {name: list(table) for name, table in tables.items()} == {
        "corpus": ["types", "ignore", "auxiliary", "map"],
        "encoder": ["name", "revision"],
        "text": ["input", "window", "context"],
        "network": ["tagging", "decoder", "dropout", "attention_dropout"],
        "surface": ["weight"],
        "decoding": ["recurrence"],
        "augmentation": ["mention_replacement", "word_masking"],
        "training": TRAINING_KEYS.split(", "),
    }


SECTIONS = "corpus, encoder, text, network, surface, decoding, augmentation, training"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[training]\nepoch = 3", f"training.epoch: unknown key; {TRAINING_KEYS} are accepted"),
        ("[trainin]\nepochs = 3", f"trainin: unknown key; {SECTIONS} are accepted"),
        ("epochs = 3", f"epochs: unknown key; {SECTIONS} are accepted"),
        ("[encoder]\nid = 'x'", "encoder.id: unknown key; name, revision are accepted"),
    ],
)
def test_an_unknown_key_is_named_with_the_accepted_ones(content: str, message: str) -> None:
    assert refusal(content) == f"my.toml: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("training.epochs = '3'", "training.epochs: found '3'; input should be a valid integer"),
        ("training.epochs = 2.0", "training.epochs: found 2.0; input should be a valid integer"),
        ("training.epochs = true", "training.epochs: found True; input should be a valid integer"),
        ("training.warmup = '0'", "training.warmup: found '0'; input should be a valid number"),
        ("corpus.types = 'A'", "corpus.types: found 'A'; input should be a valid list"),
        ("corpus.types = ['A', 3]", "corpus.types.1: found 3; input should be a valid string"),
        ("corpus.map = {A = 3}", "corpus.map.A: found 3; input should be a valid string"),
        (
            "network.tagging = 'IOB'",
            "network.tagging: found 'IOB'; input should be 'BIO', 'BIOES' or 'BIO+X'",
        ),
        (
            'text.input = "a\\nb"',
            "text.input: found 'a\\nb'; input should be 'document' or 'sentence'",
        ),
        (
            "training = 3",
            "training: found 3; input should be a valid dictionary or instance of TrainingSection",
        ),
        (
            "training.epochs = 0",
            "training.epochs: found 0; input should be greater than or equal to 1",
        ),
        ("network.dropout = 1.0", "network.dropout: found 1.0; input should be less than 1"),
        (
            "augmentation.word_masking = 1.0",
            "augmentation.word_masking: found 1.0; input should be less than 1",
        ),
        (
            "training.seed = 4294967296",
            "training.seed: found 4294967296; input should be less than 4294967296",
        ),
        (
            "training.learning_rate = inf",
            "training.learning_rate: found inf; input should be a finite number",
        ),
        (
            "training.clip_norm = nan",
            "training.clip_norm: found nan; input should be a finite number",
        ),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_accepted(content: str, message: str) -> None:
    assert refusal(content) == f"my.toml: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "corpus.types = ['B', 'A']\ncorpus.auxiliary = ['A', 'C', 'B']",
            "corpus: A, B stands in auxiliary and in types",
        ),
        ("corpus.types = ['UNCLEAR']", "corpus: UNCLEAR stands in ignore and in types"),
        ("corpus.types = ['A', 'B', 'A']", "corpus: A stands in types twice"),
        ("corpus.auxiliary = ['A', 'A']", "corpus: A stands in auxiliary twice"),
        (
            "text.context = 65",
            "text: context 65 on both sides leaves too little of window 256; up to 64 is accepted",
        ),
        (
            "training.batch_sequences = 2",
            "training: one of batch_sequences and batch_pieces must be 0, the other above",
        ),
        (
            "training.batch_pieces = 0",
            "training: one of batch_sequences and batch_pieces must be 0, the other above",
        ),
        (
            "training.patience = 2\ntraining.keep = 'last'",
            'training: patience stops by dev F1, keep = "last" disregards it: set one only',
        ),
    ],
)
def test_a_contradiction_is_refused(content: str, message: str) -> None:
    assert refusal(content) == f"my.toml: {message}"


def test_the_widest_context_is_the_one_that_the_message_accepts() -> None:
    assert parse_recipe("text.context = 64", "my.toml").text.context == 64
    assert parse_recipe("text.window = 19\ntext.context = 4", "my.toml").text.context == 4
    assert refusal("text.window = 19\ntext.context = 5").endswith("up to 4 is accepted")


def test_what_is_not_toml_is_one_line_with_its_place() -> None:
    assert refusal("a = 1\nx = = 3") == "my.toml: not TOML: Invalid value (at line 2, column 5)"


def test_an_unknown_recipe_is_answered_with_the_shipped_ones(tmp_path: Path) -> None:
    shipped = ["default", "demo", "paper-biobert", "paper-mbert"]
    for name in ("defalt", "", str(tmp_path)):
        with pytest.raises(RecipeError) as caught:
            load_recipe(name)
        assert str(caught.value) == (
            f"{name}: no such recipe; a TOML file or one of {', '.join(shipped)} is accepted"
        )


def test_a_file_is_a_recipe(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text('[corpus]\ntypes = ["Ñ"]\n', encoding="utf-8")
    assert load_recipe(str(file)).corpus.types == ["Ñ"]
    file.write_text("[text]\nwindow = 15\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(file))
    assert str(caught.value) == (
        f"{file}: text.window: found 15; input should be greater than or equal to 16"
    )


def test_settings_replace_values_in_order() -> None:
    overrides = ["training.epochs=3", "training.epochs=5", "text.input=sentence"]
    overrides += ["corpus.types=['A', 'B']", "corpus.map={X = 'A'}", "encoder.name=a/b=c"]
    overrides += ["training.learning_rate=1e-3", "network.tagging=BIOES", "encoder.revision='2'"]
    recipe = parse_recipe("[training]\nepochs = 1\nseed = 7\n", "my.toml", overrides)
    assert (recipe.training.epochs, recipe.training.seed) == (5, 7)
    assert recipe.training.learning_rate == 0.001
    assert recipe.text.input == "sentence"
    assert recipe.network.tagging is Tagging.BIOES
    assert (recipe.corpus.types, recipe.corpus.map) == (["A", "B"], {"X": "A"})
    assert (recipe.encoder.name, recipe.encoder.revision) == ("a/b=c", "2")


@pytest.mark.parametrize(
    "override", ["epochs=3", "training.epochs", ".epochs=1", "training.=1", "", "=", "a=b.c"]
)
def test_a_setting_that_is_no_assignment_is_refused(override: str) -> None:
    assert refusal("", override) == f"--set {override}: section.key=value is accepted"


def test_settings_are_checked_as_the_file_is() -> None:
    assert refusal("", "training.epochs=many") == (
        "my.toml: training.epochs: found 'many'; input should be a valid integer"
    )
    assert refusal("", "training.epochs=") == (
        "my.toml: training.epochs: found ''; input should be a valid integer"
    )
    assert refusal("", "trainin.epochs=3") == (
        f"my.toml: trainin: unknown key; {SECTIONS} are accepted"
    )
    assert refusal("", "training.a.b=3") == (
        f"my.toml: training.a.b: unknown key; {TRAINING_KEYS} are accepted"
    )
    assert refusal("training = 3", "training.epochs=1") == (
        "--set training.epochs=1: training is not a table"
    )


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().training.epochs = 3  # type: ignore[misc]


@given(st.text(st.characters(codec="utf-8")))
def test_a_setting_holds_any_text(value: str) -> None:
    assert load_recipe("default", [setting("encoder.name", value)]).encoder.name == value


def test_the_page_on_recipes_has_every_key_and_its_default() -> None:
    page = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    trainings, pretrainings = page.split("## Pre-training")
    assert defaults_shown(trainings) == defaults_of(Recipe(), set(Recipe.model_fields))
    assert defaults_shown(pretrainings) == defaults_of(PretrainRecipe(), {"masking", "network"})
    for name in ("default", "demo"):
        recipe = load_recipe(name)
        assert (recipe.surface.weight, recipe.decoding.recurrence) == (1.0, 4.0)


def defaults_shown(page: str) -> dict[str, object]:
    shown = re.findall(r"^\| `(\w+\.\w+)` \| `([^`]*)` \|", page, re.MULTILINE)
    return {key: tomllib.loads(f"x = {value}")["x"] for key, value in shown}


def defaults_of(recipe: Section, tables: set[str]) -> dict[str, object]:
    content = recipe.model_dump(mode="json", include=tables)
    return {f"{table}.{key}": value for table in tables for key, value in content[table].items()}


def test_a_recipe_that_is_there_is_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes("name = 'año'".encode("latin-1"))
    with pytest.raises(RecipeError, match=r"r\.toml: is not UTF-8, as TOML is$"):
        load_recipe(str(tmp_path / "r.toml"))
    with pytest.raises(RecipeError, match=r"r\.toml: is not UTF-8"):
        load_space(str(tmp_path / "r.toml"))
    with pytest.raises(RecipeError, match="deep: not TOML"):
        parse_space("a = " + "[" * 5000, "deep")
