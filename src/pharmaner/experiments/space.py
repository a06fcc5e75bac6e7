"""``Space``: which values of a recipe are tried, read from TOML and held against the recipe.

```toml
[parameters]
"training.batch_pieces" = { values = [1024, 2048] }
"training.epochs" = { low = 4, high = 12 }
"training.learning_rate" = { low = 1e-5, high = 1e-3, log = true }
```
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from math import prod
from typing import Any

import tomli_w
from pydantic import Field, model_validator

from pharmaner.errors import RecipeError
from pharmaner.recipe import Recipe, parse_recipe
from pharmaner.sections import Section, parse_sections, read_toml

Value = bool | int | float | str

MOST_COMBINATIONS = 10_000
"""How many combinations of values, and of ranges' ends, a space may have."""


class Parameter(Section):
    """The values of one key: those listed, or a range with both ends.

    A range of two whole numbers holds whole numbers. ``log`` spreads trials evenly over orders of
    magnitude. ``also`` names further keys that get the same value.
    """

    values: list[Value] = Field(default=[])
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    also: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _list_or_range(self) -> "Parameter":
        is_range = self.low is not None and self.high is not None
        if bool(self.values) == is_range or (self.low is None) != (self.high is None):
            raise ValueError("either values, not empty, or both low and high are accepted")
        if self.values and self.log:
            raise ValueError("log goes with low and high, not with values")
        if any(value in self.values[:place] for place, value in enumerate(self.values)):
            raise ValueError(f"values {self.values} holds a value twice")
        if self.low is not None and self.high is not None:
            if self.low >= self.high:
                raise ValueError(f"low {self.low} is not under high {self.high}")
            if self.log and self.low <= 0:
                raise ValueError(f"low {self.low} has no logarithm; above 0 is accepted")
        return self

    @property
    def ends(self) -> list[Value]:
        """The listed values, or the ends of the range."""
        return self.values or [end for end in (self.low, self.high) if end is not None]


@dataclass(frozen=True, slots=True)
class Space:
    """The parameters by key, sorted; ``name`` is where they were read from."""

    name: str
    parameters: dict[str, Parameter]

    @property
    def is_grid(self) -> bool:
        """Whether every parameter lists its values."""
        return all(parameter.values for parameter in self.parameters.values())

    def combinations(self) -> Iterator[dict[str, Value]]:
        """Every combination of listed values and of ranges' ends: of a grid, its cells."""
        for values in product(*(parameter.ends for parameter in self.parameters.values())):
            yield dict(zip(self.parameters, values, strict=True))

    def recipe_with(self, base: Recipe, values: Mapping[str, Value]) -> Recipe:
        """The base recipe with these values in place.

        Raises:
            RecipeError: for an unknown key, a wrong type or a contradiction.
        """
        tables: dict[str, Any] = base.model_dump(mode="json")
        for key, value in values.items():
            for name in (key, *self.parameters[key].also):
                section, _, entry = name.partition(".")
                tables.setdefault(section, {})[entry] = value
        return parse_recipe(tomli_w.dumps(tables), f"{self.name} with {shown(values)}")

    def as_json(self) -> dict[str, Any]:
        """The parameters as plain dictionaries."""
        return {key: parameter.model_dump() for key, parameter in self.parameters.items()}


def shown(values: Mapping[str, Value]) -> str:
    """Values for people: ``training.epochs=3, text.window=128``."""
    return ", ".join(f"{key}={value}" for key, value in values.items())


def shipped_spaces() -> list[str]:
    """The names of the search spaces in the package."""
    folder = files("pharmaner") / "recipes" / "spaces"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if ".toml" in p.name)


def load_space(name: str) -> Space:
    """A shipped search space by name, or a TOML file.

    Raises:
        RecipeError: for an unknown space, unreadable TOML or a parameter that says nothing clear.
    """
    shipped = files("pharmaner") / "recipes" / "spaces" / f"{name}.toml"
    if name in shipped_spaces():
        return parse_space(shipped.read_text(encoding="utf-8"), name)
    return parse_space(read_toml(name, "search space", shipped_spaces()), name)


def parse_space(content: str, origin: str) -> Space:
    """Read a search space from TOML text; ``origin`` names it in errors.

    Raises:
        RecipeError: as ``load_space``.
    """
    try:
        tables = tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"{origin}: not TOML: {error}") from None
    if unknown := sorted(set(tables) - {"parameters"}):
        raise RecipeError(f"{origin}: {unknown[0]}: unknown key; parameters is accepted")
    found = tables.get("parameters")
    if not isinstance(found, dict) or not found:
        raise RecipeError(f'{origin}: a table [parameters] with "section.key" = ... is accepted')
    parameters = {key: _parameter(key, found[key], origin) for key in sorted(found)}
    count = prod(len(parameter.ends) for parameter in parameters.values())
    if count > MOST_COMBINATIONS:
        raise RecipeError(f"{origin}: {count} combinations; up to {MOST_COMBINATIONS} are accepted")
    _refuse_twice(parameters, origin)
    return Space(origin, parameters)


def _parameter(key: str, table: object, origin: str) -> Parameter:
    if not isinstance(table, dict):
        raise RecipeError(
            f"{origin}: {key}: found {table!r}; "
            '"section.key" = { values = [...] } or { low = ..., high = ... } is accepted'
        )
    parameter = parse_sections(Parameter, tomli_w.dumps(table), f"{origin}: {key}")
    for name in (key, *parameter.also):
        section, _, entry = name.partition(".")
        if not (section and entry):
            raise RecipeError(f'{origin}: {name}: "section.key" is accepted')
    return parameter


def _refuse_twice(parameters: Mapping[str, Parameter], origin: str) -> None:
    names = [n for key, parameter in parameters.items() for n in (key, *parameter.also)]
    if twice := sorted(name for name in set(names) if names.count(name) > 1):
        raise RecipeError(f"{origin}: {twice[0]} is set twice")
