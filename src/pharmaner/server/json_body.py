"""JSON bodies: read strictly, and refused without a word of what they hold."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from pharmaner.server.refusal import RefusedError

_MESSAGES = {
    "list_type": "is not a list",
    "missing": "is missing",
    "string_too_long": "is too long",
    "string_too_short": "is empty",
    "string_type": "is not a string",
    "string_unicode": "holds a lone surrogate",
    "surrogate": "holds a lone surrogate",
    "union_tag_not_found": "an object with text, or one with documents, is accepted",
}
_OUR_TYPES = {"unknown_key"}
_KEYS = {"documents", "id", "text"}


class _JsonRequest(Request):
    async def json(self) -> Any:
        content = await self.body()
        try:
            return json.loads(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            message = f"the byte at position {error.start} is not UTF-8"
            raise HTTPException(400, message) from None


class JsonRoute(APIRoute):
    """A route whose JSON is UTF-8 and nothing else, as the standard demands."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See ``APIRoute``."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_json


def explain(error: RequestValidationError, content_type: str) -> RefusedError:
    """A refusal that says what is wrong with a body, and where, in our own words only."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json":
        return RefusedError(415, "application/json is accepted")
    finding = error.errors()[0]
    if finding["type"] == "json_invalid":
        return RefusedError(400, f"not JSON, from character {finding['loc'][-1]} on")
    message = finding["msg"] if finding["type"] in _OUR_TYPES else _MESSAGES.get(finding["type"])
    where = _where(finding["loc"][2:]) or "the body"
    return RefusedError(422, f"{where}: {message or 'is not accepted'}")


def _where(location: tuple[int | str, ...]) -> str:
    """``documents[3].text``; a key that is not ours is left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part in _KEYS:
            path += f".{part}" if path else part
    return path
