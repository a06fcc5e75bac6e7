"""The application: API, page, and the gate before both."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.telemetry import TelemetryConfig

from pharmaner import __version__
from pharmaner.server.gate import CLIENT_GONE, ClientGoneError, Gate, refused
from pharmaner.server.json_body import explain
from pharmaner.server.refusal import RefusedError
from pharmaner.server.routes import prediction_routes, state_routes
from pharmaner.server.service import Service

PAGE = Path(__file__).parent / "page"
"""The static files of the page at ``/``; a file's name is its path."""

_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI hands traces and exceptions' messages to whatever OpenTelemetry it finds, unless told."""


def build_app(service: Service) -> Gate:
    """The whole application: the API, the page, and the gate before both."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.batcher.start(service.on_failure)
        yield
        await service.batcher.stop()

    app = FastAPI(
        title="pharmaner",
        version=__version__,
        summary="Finds drugs, chemicals, proteins, or whatever a model has learned, in text.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        lifespan=lifespan,
    )
    _handle_errors(app)
    app.include_router(prediction_routes(service))
    app.include_router(state_routes(service))
    routes = {*app.openapi()["paths"], *_add_page(app), "/openapi.json"}
    return Gate(app, service, routes)


def _add_page(app: FastAPI) -> list[str]:
    """Serve each file of the page under its name, ``index.html`` at ``/``; returns the paths."""
    paths = []
    for file in sorted(file for file in PAGE.rglob("*") if file.is_file()):
        path = f"/{file.relative_to(PAGE).as_posix()}".removesuffix("index.html")
        app.add_route(path, _serving(file), methods=["GET"], include_in_schema=False)
        paths.append(path)
    return paths


def _serving(file: Path) -> Callable[[Request], Awaitable[Response]]:
    async def serve_file(_: Request) -> Response:
        return FileResponse(file)

    return serve_file


def _handle_errors(app: FastAPI) -> None:
    """Let every failure be answered in our own words; FastAPI's would quote the request."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return refused(explain(error, request.headers.get("content-type", "")))

    @app.exception_handler(RefusedError)
    async def refusal(_: Request, error: RefusedError) -> Response:
        return refused(error)

    @app.exception_handler(ClientGoneError)
    async def client_gone(_: Request, __: ClientGoneError) -> Response:
        return Response(status_code=CLIENT_GONE)

    @app.exception_handler(Exception)
    async def failure(_: Request, __: Exception) -> Response:
        return refused(RefusedError(500, "internal error"))
