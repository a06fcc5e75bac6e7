"""JSON bodies: read strictly, and refused without a word of what they hold."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from pharmaner.server.refusal import RefusedError, too_many_documents

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


def json_route(most_documents: int) -> type[APIRoute]:
    """A kind of route whose JSON is UTF-8 and has no key twice.

    Args:
        most_documents: that a body may hold; more are refused before each of them is looked at.
    """

    class JsonRequest(Request):
        async def json(self) -> Any:
            return _read(await self.body(), most_documents)

    class JsonRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_json(request: Request) -> Response:
                return await handle(JsonRequest(request.scope, request.receive))

            return handle_json

    return JsonRoute


def _read(content: bytes, most_documents: int) -> Any:
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repetition)
    except UnicodeDecodeError as error:
        message = f"the byte at position {error.start} is not UTF-8"
        raise HTTPException(400, message) from None
    documents = value.get("documents") if isinstance(value, dict) else None
    if isinstance(documents, list) and len(documents) > most_documents:
        refusal = too_many_documents(len(documents), most_documents)
        raise HTTPException(refusal.status, refusal.message)
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that is given twice readers keep one value, and not all the same."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise HTTPException(422, "the body: an object has a key twice")
    return value


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
