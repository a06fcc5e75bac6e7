"""JSON from strangers: what cannot be written back is refused."""

import json
import math
import re
from typing import Any

MOST_NESTED = 100
"""How many lists and objects may lie in one another; Python writes hardly more than 900."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def load_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: at what is no JSON, at NaN and infinite numbers, at numbers and nesting that
            Python cannot hold, and at lone surrogates.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error.msg} at position {error.pos}") from None
    except UnicodeEncodeError:
        raise ValueError("holds a lone surrogate") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"is no JSON: {str(error)[:80]}") from None
    if text.count("[") + text.count("{") > MOST_NESTED:
        _refuse_deep(value)
    return value


def _refuse_deep(value: Any) -> None:
    """Refuse what could be read, but not written within something else."""
    level = [value]
    for _ in range(MOST_NESTED + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        if not containers:
            return
        level = [
            inner
            for each in containers
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    raise ValueError("is nested too deeply")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse(digits)
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant[:20]} is no finite number")
