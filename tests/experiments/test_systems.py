from pathlib import Path

import pytest

from pharmaner.errors import InputError, RecipeError
from pharmaner.experiments.systems import cross_systems


def names(encoders: list[str], recipes: list[str]) -> list[str]:
    return [system.name for system in cross_systems(encoders, recipes)]


def test_a_system_is_named_by_what_tells_it_apart(tmp_path: Path) -> None:
    (tmp_path / "beto").mkdir()
    (tmp_path / "slow.toml").write_text('[encoder]\nname = "own"\n')
    folder, recipe = f"{tmp_path}/beto/", str(tmp_path / "slow.toml")
    assert names([folder, "owner/model"], ["default"]) == ["beto", "owner--model"]
    assert names([folder], [recipe, "default"]) == ["slow", "default"]
    assert names([], [recipe]) == ["slow"]
    assert names([folder], [recipe]) == ["beto"]
    crossed = cross_systems([folder, "minilm"], ["default", recipe])
    assert [s.name for s in crossed] == [
        *("beto+default", "beto+slow"),
        *("minilm+default", "minilm+slow"),
    ]
    assert [s.recipe.encoder.name for s in crossed] == [folder] * 2 + ["minilm"] * 2
    assert cross_systems([], [recipe])[0].encoder == "own"


def test_an_override_holds_for_every_system() -> None:
    systems = cross_systems(["a", "b"], ["default", "demo"], ["training.epochs=3"])
    assert [s.recipe.training.epochs for s in systems] == [3] * 4


def test_names_must_be_distinct_and_recipes_known(tmp_path: Path) -> None:
    for parent in ("one", "two"):
        (tmp_path / parent / "beto").mkdir(parents=True)
    folders = [str(tmp_path / parent / "beto") for parent in ("one", "two")]
    with pytest.raises(InputError, match="two systems are named beto"):
        cross_systems(folders, ["default"])
    with pytest.raises(RecipeError, match="nowhere: no such recipe"):
        cross_systems([], ["default", "nowhere"])
