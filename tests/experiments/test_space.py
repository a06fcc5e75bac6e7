from itertools import product
from pathlib import Path

import pytest

from pharmaner.errors import RecipeError
from pharmaner.experiments.space import load_space, parse_space, shipped_spaces
from pharmaner.recipe import Recipe, load_recipe

FOLDER = Path(__file__).parents[2] / "src" / "pharmaner" / "recipes" / "spaces"
PAPER = ["text.window=128", "text.context=0", "training.batch_sequences=32"]
PAPER += ["training.batch_pieces=0", "training.learning_rate=2e-5", "training.epochs=100"]
PAPER += ["training.head_learning_rate=2e-5"]


def refusal(content: str) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_space(content, "my.toml")
    return str(caught.value)


def parameter(table: str) -> str:
    return f'[parameters]\n"training.epochs" = {table}'


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.iterdir()))
def test_every_shipped_space_fits_the_default_recipe(name: str) -> None:
    assert name in shipped_spaces()
    space = load_space(name)
    default = load_recipe("default")
    assert all(space.recipe_with(default, values) for values in space.combinations())
    assert load_space(str(FOLDER / f"{name}.toml")).parameters == space.parameters


def test_bert_36_has_36_cells_and_the_papers_choice_is_one_of_them() -> None:
    space, paper = load_space("paper-36"), load_recipe("default", PAPER)
    recipes = [space.recipe_with(paper, values) for values in space.combinations()]
    assert space.is_grid
    assert len(recipes) == len({recipe.as_toml() for recipe in recipes}) == 36
    assert paper in recipes
    assert all(r.training.head_learning_rate == r.training.learning_rate for r in recipes)


def test_combinations_are_every_value_with_every_other_and_every_end_of_a_range() -> None:
    space = parse_space(
        """[parameters]
        "text.input" = { values = ["sentence", "document"] }
        "training.seed" = { values = [3, 1, 2] }
        "network.dropout" = { low = 0.0, high = 0.5 }""",
        "my.toml",
    )
    assert not space.is_grid
    recipes = [space.recipe_with(Recipe(), values) for values in space.combinations()]
    found = [(r.text.input, r.training.seed, r.network.dropout) for r in recipes]
    expected = product(["sentence", "document"], [1, 2, 3], [0.0, 0.5])
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = = 1", "not TOML: Invalid value (at line 1, column 5)"),
        ("", 'a table [parameters] with "section.key" = ... is accepted'),
        ("[parameters]", 'a table [parameters] with "section.key" = ... is accepted'),
        ("trials = 3", "trials: unknown key; parameters is accepted"),
        ("[parameters]\nepochs = { values = [1] }", 'epochs: "section.key" is accepted'),
        (
            parameter("3"),
            'training.epochs: found 3; "section.key" = { values = [...] } or '
            "{ low = ..., high = ... } is accepted",
        ),
        (
            parameter("{ value = [3] }"),
            "training.epochs: value: unknown key; values, low, high, log, also are accepted",
        ),
        (
            parameter("{ values = 3 }"),
            "training.epochs: values: found 3; input should be a valid list",
        ),
        (
            parameter("{ values = [] }"),
            "training.epochs: either values, not empty, or both low and high are accepted",
        ),
        (
            parameter("{ low = 3 }"),
            "training.epochs: either values, not empty, or both low and high are accepted",
        ),
        (
            parameter("{ values = [1], low = 3 }"),
            "training.epochs: either values, not empty, or both low and high are accepted",
        ),
        (
            parameter("{ values = [1], low = 3, high = 4 }"),
            "training.epochs: either values, not empty, or both low and high are accepted",
        ),
        (parameter("{ values = [1, 2, 1] }"), "training.epochs: values [1, 2, 1] holds a value "),
        (parameter("{ low = 3, high = 3 }"), "training.epochs: low 3 is not under high 3"),
        (
            parameter("{ low = 0, high = 3, log = true }"),
            "training.epochs: low 0 has no logarithm; above 0 is accepted",
        ),
        (
            parameter("{ values = [1], log = true }"),
            "training.epochs: log goes with low and high, not with values",
        ),
        (
            parameter('{ values = [1], also = ["training.epochs"] }'),
            "training.epochs is set twice",
        ),
        (parameter("{ values = [1], also = ['seed'] }"), 'seed: "section.key" is accepted'),
        (
            parameter(f"{{ values = {list(range(10_001))} }}"),
            "10001 combinations; up to 10000 are accepted",
        ),
    ],
)
def test_what_says_nothing_clear_is_one_line(content: str, message: str) -> None:
    found = refusal(content)
    assert found.startswith(f"my.toml: {message}")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            parameter("{ values = [3, 2.5] }"),
            "my.toml with training.epochs=2.5: training.epochs: found 2.5; input should be a "
            "valid integer",
        ),
        (
            parameter("{ low = 0, high = 3 }"),
            "my.toml with training.epochs=0: training.epochs: found 0; input should be greater "
            "than or equal to 1",
        ),
        (
            '[parameters]\n"training.batch_sequences" = { values = [8] }',
            "my.toml with training.batch_sequences=8: training: one of batch_sequences and "
            "batch_pieces must be 0, the other above",
        ),
        (
            '[parameters]\n"corpus.types" = { values = ["A"] }',
            "my.toml with corpus.types=A: corpus.types: found 'A'; input should be a valid list",
        ),
    ],
)
def test_what_the_recipe_does_not_accept_is_named_with_its_values(
    content: str, message: str
) -> None:
    space = parse_space(content, "my.toml")
    with pytest.raises(RecipeError) as caught:
        [space.recipe_with(Recipe(), values) for values in space.combinations()]
    assert str(caught.value) == message


def test_an_unknown_space_is_answered_with_the_shipped_ones(tmp_path: Path) -> None:
    for name in ("papr", str(tmp_path)):
        with pytest.raises(RecipeError) as caught:
            load_space(name)
        assert str(caught.value) == (
            f"{name}: no such search space; a TOML file or one of paper-36, wide, wider is accepted"
        )
