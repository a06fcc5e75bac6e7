"""``Section``: choices in TOML, validated; what is wrong is said in one line."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pharmaner.errors import RecipeError

Sections = TypeVar("Sections", bound="Section")

LONGEST_SHOWN = 300
"""How many characters of the content an error repeats."""


class Section(BaseModel):
    """A table of the recipe: immutable, unknown keys refused, types not coerced, all finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def parse_sections(
    kind: type[Sections], content: str, origin: str, overrides: Iterable[str] = ()
) -> Sections:
    """Read any kind of recipe from TOML text.

    Raises:
        RecipeError: as ``load_recipe``.
    """
    try:
        tables = tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"{origin}: not TOML: {shown(str(error))}") from None
    for override in overrides:
        _apply(tables, override)
    try:
        return kind.model_validate(tables)
    except ValidationError as error:
        raise RecipeError(f"{origin}: {_first_finding(error, kind)}") from None


def read_toml(name: str, kind: str, shipped: Iterable[str]) -> str:
    """The content of a TOML file that is named in the place of something shipped.

    Raises:
        RecipeError: when there is no such file, or it cannot be read.
    """
    try:
        return Path(name).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        accepted = f"a TOML file or one of {', '.join(shipped)} is accepted"
        raise RecipeError(f"{name}: no such {kind}; {accepted}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{name}: is not UTF-8, as TOML is") from None
    except OSError as error:
        raise RecipeError(f"{name}: cannot be read: {error.strerror}") from None


def _apply(tables: dict[str, Any], override: str) -> None:
    path, equals, value = override.partition("=")
    section, dot, key = path.partition(".")
    if not (equals and dot and section and key):
        raise RecipeError(f"--set {shown(override)}: section.key=value is accepted")
    if not isinstance(table := tables.setdefault(section, {}), dict):
        raise RecipeError(f"--set {shown(override)}: {shown(section)} is not a table")
    try:
        table[key] = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        table[key] = value


def _first_finding(error: ValidationError, kind: type[Section]) -> str:
    finding = error.errors()[0]
    where = [str(part) for part in finding["loc"]]
    name = shown(".".join(where))
    if finding["type"] == "extra_forbidden":
        section = kind.model_fields.get(where[0]) if len(where) > 1 else None
        model = section.annotation if section else kind
        accepted = ", ".join(getattr(model, "model_fields", {}))
        return f"{name}: unknown key; {accepted} are accepted"
    message = finding["msg"].removeprefix("Value error, ")
    if finding["type"] == "value_error":
        return f"{name}: {shown(message)}" if name else shown(message)
    found = shown(repr(finding["input"]))
    return f"{name}: found {found}; {message[:1].lower()}{message[1:]}"


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """A text on one line, its end left out where it is long."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: longest + 1])
    return line if len(text) <= longest else f"{line[:longest]}..."
