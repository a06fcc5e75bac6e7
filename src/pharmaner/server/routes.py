"""The API: predictions, and the state of the service."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.security import HTTPBearer
from starlette.types import Receive

from pharmaner.document import Document
from pharmaner.prediction.predictor import Prediction
from pharmaner.report.json_lines import json_line
from pharmaner.server.gate import ClientGoneError
from pharmaner.server.json_body import json_route
from pharmaner.server.metrics import CONTENT_TYPE
from pharmaner.server.multipart import UPLOAD_BODY, uploaded_file
from pharmaner.server.refusal import RefusedError
from pharmaner.server.schemas import (
    PREDICT_EXAMPLES,
    DocumentsRequest,
    ErrorReply,
    ModelReply,
    PredictRequest,
    Record,
    StatusReply,
)
from pharmaner.server.service import Service
from pharmaner.server.settings import Limits
from pharmaner.server.uploads import read_upload

_REASONS = {
    400: "The body cannot be read.",
    401: "No known API key.",
    403: "Another site's page asks.",
    408: "The body took too long to arrive.",
    413: "The body, a text, their number or an unpacked zip is too large.",
    415: "Another kind of body is accepted.",
    422: "The body is not of the described form.",
    500: "The prediction failed.",
    503: "The model is not ready, or the queue is full; Retry-After says when to try again.",
    504: "The prediction took too long.",
}


class JsonLines(Response):
    """One JSON object a line."""

    media_type = "application/x-ndjson"


def prediction_routes(service: Service) -> APIRouter:
    """``/v1/predict`` and ``/v1/predict/file``."""
    limits = service.settings.limits
    route = json_route(limits.documents)
    router = APIRouter(route_class=route, dependencies=_key(service), tags=["prediction"])
    replies = {200: {"model": Record, "description": "One record a line, in order."}}
    described: dict[str, Any] = {
        "response_class": JsonLines,
        "responses": {**replies, **_errors(*_REASONS)},
    }

    @router.post("/v1/predict", summary="Find the mentions of one text or of several", **described)
    async def predict(
        request: Request,
        body: Annotated[PredictRequest, Body(openapi_examples=PREDICT_EXAMPLES)],
    ) -> JsonLines:
        """One line of JSON a document; the offsets are half-open code points into its text."""
        if isinstance(body, DocumentsRequest):
            documents = [Document(given.id, given.text) for given in body.documents]
        else:
            documents = [Document("text", body.text)]
        return await _reply(service, documents, request.receive)

    @router.post(
        "/v1/predict/file",
        summary="Find the mentions of a .txt, or of a zip of them",
        openapi_extra={"requestBody": UPLOAD_BODY},
        **described,
    )
    async def predict_file(request: Request) -> JsonLines:
        """As `/v1/predict`; a document's id is its file's name without folder and suffix."""
        name, content = await uploaded_file(request, limits.body_bytes)
        documents = await asyncio.to_thread(read_upload, name, content, limits)
        return await _reply(service, documents, request.receive)

    return router


def state_routes(service: Service) -> APIRouter:
    """``/health``, ``/ready``, ``/metrics`` and ``/v1/model``."""
    router = APIRouter(tags=["state"])
    with_key: dict[str, Any] = {"dependencies": _key(service), "responses": _errors(401, 403)}

    @router.get("/health", summary="Whether the process answers")
    async def health() -> StatusReply:
        return StatusReply(status="ok")

    not_ready: dict[int | str, dict[str, Any]] = {
        503: {"model": ErrorReply, "description": _REASONS[503]}
    }

    @router.get("/ready", summary="Whether the model is loaded", responses=not_ready)
    async def ready() -> StatusReply:
        if not service.batcher.is_ready:
            raise RefusedError(503, "the model is not ready", {"retry-after": "2"})
        return StatusReply(status="ready")

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response, **with_key)
    async def metrics() -> Response:
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)

    @router.get("/v1/model", summary="The model: card, labels, scores", **with_key)
    async def model() -> ModelReply:
        manifest = service.model.manifest
        return ModelReply(
            labels=service.model.recipe.corpus.types,
            scores=manifest.get("metrics", {}).get("dev"),
            card=service.card,
            versions=manifest.get("versions", {}),
            limits=service.settings.limits.model_dump(),
        )

    return router


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors are JSON also where the reply is not; FastAPI would give both one content type."""
    schema = {"$ref": f"#/components/schemas/{ErrorReply.__name__}"}
    content = {"application/json": {"schema": schema}}
    return {status: {"description": _REASONS[status], "content": content} for status in statuses}


def _key(service: Service) -> list[Any]:
    """What describes the key in OpenAPI; ``Gate`` is what asks for it."""
    return [Depends(HTTPBearer(auto_error=False))] if service.settings.keys else []


async def _reply(service: Service, documents: Sequence[Document], receive: Receive) -> JsonLines:
    _refuse_excess(documents, service.settings.limits)
    predictions = await _predictions(service, documents, receive)
    return JsonLines("".join(f"{json_line(prediction)}\n" for prediction in predictions))


def _refuse_excess(documents: Sequence[Document], limits: Limits) -> None:
    seen: set[str] = set()
    for place, document in enumerate(documents):
        if len(document.text) > limits.document_characters:
            found, accepted = len(document.text), limits.document_characters
            message = f"document {place} has {found} characters; {accepted} are accepted"
            raise RefusedError(413, message)
        if document.id in seen:
            raise RefusedError(422, f"documents[{place}].id: is that of an earlier one")
        seen.add(document.id)


async def _predictions(
    service: Service, documents: Sequence[Document], receive: Receive
) -> list[Prediction]:
    """Wait for the predictions, but not longer than the client does, nor than it may."""
    seconds = service.settings.limits.answer_seconds
    answer = asyncio.ensure_future(service.batcher.predict(documents))
    gone = asyncio.ensure_future(_client_gone(receive))
    try:
        both = (answer, gone)
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if gone.done():
            raise ClientGoneError
        raise RefusedError(504, f"not predicted within {seconds:g} s")
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
