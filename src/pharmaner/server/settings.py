"""What an operator may set: limits and the hashes of API keys, read from a TOML file."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, PositiveInt

from pharmaner.errors import RecipeError
from pharmaner.sections import Section, parse_sections

Seconds = Annotated[float, Field(gt=0, le=86_400)]
_KEY_HASH = re.compile("sha256:[0-9a-f]{64}")


def _hash_alone(value: object) -> object:
    """Refuse what is no hash without repeating it: it may be the key itself."""
    if not (isinstance(value, str) and _KEY_HASH.fullmatch(value)):
        raise ValueError("is not sha256: and 64 hexadecimal digits, as --new-key makes them")
    return value


KeyHash = Annotated[str, BeforeValidator(_hash_alone)]


class Limits(Section):
    """Bounds on what is accepted, and for how long it is waited.

    ``body_bytes`` bounds a request's body as it is sent, ``unpacked_bytes`` a zip's members
    together, ``unpacked_ratio`` how many times larger than the zip they may be. ``documents`` and
    ``document_characters`` (code points) bound one request and one text. ``queue_requests`` and
    ``queue_characters`` bound what is accepted and not yet answered; ``batch_characters`` is how
    much is predicted in one go; in both a text counts as 50 at least. ``open_requests`` bounds what
    is read or answered at a time. ``read_seconds`` is how long a client may take to send its
    headers, to send its body, and to take the reply; ``answer_seconds`` how long it waits for a
    prediction.
    """

    body_bytes: PositiveInt = 4 * 2**20
    unpacked_bytes: PositiveInt = 16 * 2**20
    unpacked_ratio: PositiveInt = 100
    documents: PositiveInt = 1_000
    document_characters: PositiveInt = 200_000
    queue_requests: PositiveInt = 128
    queue_characters: PositiveInt = 4_000_000
    batch_characters: PositiveInt = 16_000
    open_requests: PositiveInt = 256
    read_seconds: Seconds = 30.0
    answer_seconds: Seconds = 120.0


class Settings(Section):
    """The file's two tables; ``keys`` gives each client's name the hash of its key."""

    limits: Limits = Limits()
    keys: dict[str, KeyHash] = Field(default_factory=dict)


def load_settings(path: Path) -> Settings:
    """Read a settings file.

    Raises:
        RecipeError: when it cannot be read, is not TOML, or holds an unknown key or a wrong value.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecipeError(f"{path}: cannot be read; a TOML file is accepted") from None
    return parse_sections(Settings, content, str(path))
