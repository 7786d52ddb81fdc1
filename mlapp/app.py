"""The FastAPI app: middleware, error handlers, routes, and the pages mounted last."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from fastapi.telemetry import TelemetryConfig
from starlette.types import Scope

from mlapp import TITLE, __version__
from mlapp.api.dialects import PREDICT_PATHS, add_dialects
from mlapp.api.middleware.authorization import add_authorization
from mlapp.api.middleware.body_limit import BodyLimitMiddleware
from mlapp.api.middleware.direct import DirectCallMiddleware
from mlapp.api.middleware.load_shedding import Admit, LoadSheddingMiddleware
from mlapp.api.middleware.permissions import PAGES, REDIRECTS
from mlapp.api.middleware.request_id import RequestIdMiddleware
from mlapp.api.negotiation import page_redirect, wants_page
from mlapp.api.openapi import add_openapi
from mlapp.api.problems import add_error_handlers
from mlapp.api.routes import catalog, client, docs, health, jobs, metrics, models, predict, train, versions
from mlapp.services import Services
from mlapp.settings import Settings

DESCRIPTION = """A table becomes a trained, versioned, served model: POST a table to `/train`, rows to `/predict`.

Send tables as JSON (`records` or `columns`), CSV, workbooks, Parquet, Arrow, NDJSON or as a file in a form.

Clients of the Open Inference Protocol (KServe, Triton) use `/v2`, those of MLflow `/invocations`; both protocols have
specifications and clients of their own, so their routes are not in this document."""


def create_app(
    settings: Settings,
    services: Services,
    *,
    api: bool = True,
    mount_pages: Callable[[FastAPI, str], None] | None = None,
) -> FastAPI:
    """Create the app: with the JSON routes if `api`, and with pages if there is a function that mounts them."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=_telemetry(),
        # Names of methods in generated clients.
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan(settings, services),
    )
    app.state.services = services
    app.state.max_body_bytes = settings.max_body_bytes
    pages = app.state.pages = PAGES if mount_pages else None
    _add_middleware(app, settings, services, api=api)
    add_error_handlers(app)
    app.include_router(health.router)
    if api:
        for routes in (train, jobs, predict, models, versions, catalog, metrics, client):
            app.include_router(routes.router)
        add_dialects(app)
        add_openapi(app)
        docs.add_docs(app, pages)
    _add_redirects(app, pages, api=api)
    if mount_pages:
        mount_pages(app, PAGES)
    return app


def _add_middleware(app: FastAPI, settings: Settings, services: Services, *, api: bool) -> None:
    """Add the middleware from the inside to the outside: what is added last runs first."""
    limited_routes: dict[str, Admit] = {}
    if api:
        limited_routes = dict.fromkeys((*predict.PATHS, *PREDICT_PATHS), services.prediction.admit)
        limited_routes |= dict.fromkeys(("/train", "/models/{model}/train"), services.training.admit)
        app.add_middleware(DirectCallMiddleware, endpoints=dict.fromkeys(predict.PATHS, predict.predict))
        app.add_middleware(LoadSheddingMiddleware, limited_routes=limited_routes)
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    add_authorization(app, settings, services.access, lambda: services.prediction.default)
    app.add_middleware(RequestIdMiddleware, metrics=services.metrics, templates=frozenset(limited_routes))


def _telemetry() -> TelemetryConfig:
    """Have FastAPI look for OpenTelemetry at every request, 4 µs, only where the environment configures it."""
    configured = any(name.startswith(("OTEL_", "FASTAPI_OTEL_")) for name in os.environ)
    return {"tracing": configured, "metrics": configured, "logs": configured, "exclude": _has_ticket}


def _has_ticket(scope: Scope) -> bool:
    """Return whether the query, which traces record, may have a ticket."""
    return b"ticket=" in scope.get("query_string", b"")


def _lifespan(settings: Settings, services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await services.metrics.start()
        await services.recorder.start()
        await services.training.start(demo=settings.demo)
        await services.prediction.start()
        try:
            yield
        finally:
            await services.training.close()
            await services.prediction.close()
            await services.recorder.close()
            await services.metrics.close()

    return lifespan


def _add_redirects(app: FastAPI, pages: str | None, *, api: bool) -> None:
    """Redirect browsers from `/`, `/train` and `/predict` to a page with the same query, or from `/` to the docs."""

    async def redirect(request: Request) -> RedirectResponse:
        if request.url.path != "/" and api and not wants_page(request.scope):
            raise HTTPException(405)
        return page_redirect(request.scope) if pages else RedirectResponse("/docs")

    for path in REDIRECTS if pages else ("/",):
        app.add_api_route(path, redirect, methods=["GET"], include_in_schema=False)
