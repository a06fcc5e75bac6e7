"""The systems of a comparison: encoders crossed with recipes, each with a name of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pharmaner.encoders.source import as_path
from pharmaner.errors import InputError
from pharmaner.recipe import Recipe, load_recipe, setting

_SET_ELSEWHERE = {"encoder.name": "--encoder", "training.seed": "--seed"}


@dataclass(frozen=True, slots=True)
class System:
    """An encoder and a recipe under names that can be shown and be a folder's."""

    name: str
    encoder: str
    recipe_name: str
    recipe: Recipe


def cross_systems(
    encoders: Sequence[str], recipes: Sequence[str], overrides: Sequence[str] = ()
) -> list[System]:
    """Every encoder with every recipe.

    A system is named by its encoder where there is one recipe, by its recipe where there is one
    encoder, and ``ENCODER+RECIPE`` otherwise.

    Args:
        encoders: as ``find_encoder`` takes them; none: each recipe names its own.
        recipes: shipped recipes or TOML files.
        overrides: ``section.key=value`` for every system.

    Raises:
        RecipeError: as ``load_recipe``.
        InputError: when two systems have one name, or an override is one that the comparison sets.
    """
    for override in overrides:
        key = override.partition("=")[0]
        if key in _SET_ELSEWHERE:
            raise InputError(f"compare: --set {key}; {_SET_ELSEWHERE[key]} is accepted")
    systems: dict[str, System] = {}
    for encoder in encoders or [""]:
        chosen = [*overrides, setting("encoder.name", encoder)] if encoder else overrides
        for recipe_name in recipes:
            recipe = load_recipe(recipe_name, chosen)
            shown = _encoder_shown(recipe.encoder.name), _recipe_shown(recipe_name)
            name = "+".join(shown)
            if len(recipes) == 1 and encoders:
                name = shown[0]
            elif len(encoders) <= 1:
                name = shown[1]
            if name in systems:
                raise InputError(f"compare: two systems are named {name}; rename a file or folder")
            systems[name] = System(name, *shown, recipe)
    return list(systems.values())


def _encoder_shown(name: str) -> str:
    folder = as_path(name)
    return folder.resolve().name if name and folder.is_dir() else name.replace("/", "--")


def _recipe_shown(name: str) -> str:
    return Path(name).name.removesuffix(".toml")
