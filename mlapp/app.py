"""create_app(): errors, routes, the pages mounted last."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse

from mlapp import TITLE, __version__
from mlapp.api.middleware.authorization import PAGES, protect
from mlapp.api.middleware.body_limit import BodyLimit
from mlapp.api.middleware.fast_path import QuickPredictions
from mlapp.api.middleware.load_shedding import BackPressure, Door
from mlapp.api.middleware.request_id import RequestIds
from mlapp.api.negotiation import negotiate
from mlapp.api.openapi import describe_predictions
from mlapp.api.problems import handle_errors
from mlapp.api.routes import catalog, docs, health, jobs, metrics, models, predict, train
from mlapp.services import Services
from mlapp.settings import Settings

DESCRIPTION = """A table becomes a trained, versioned, served model: POST a table to `/train`, rows to `/predict`.

Tables come as JSON (`records` or `columns`), CSV, Parquet, NDJSON or a file in a form, and mean the same."""


def create_app(
    settings: Settings,
    services: Services,
    *,
    api: bool = True,
    mount_pages: Callable[[FastAPI, str], None] | None = None,
) -> FastAPI:
    """Put the app together: the JSON routes unless `api` is false, the pages when there is something to mount them."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/openapi.json" if api else None,
        docs_url=None,
        redoc_url=None,
        # Generated clients name their methods by it.
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan(settings, services),
    )
    app.state.services = services
    doors: dict[str, Door] = {}
    if api:
        app.add_middleware(QuickPredictions, prediction=services.prediction)
        doors = {"/predict": services.prediction.admit, "/train": services.training.admit}
        app.add_middleware(BackPressure, doors=doors)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    protect(app, settings, services.access)
    handle_errors(app)
    app.include_router(health.router)
    if api:
        for routes in (train.router, jobs.router, predict.router, models.router, catalog.router, metrics.router):
            app.include_router(routes)
        describe_predictions(app)
        docs.add_docs(app, PAGES if mount_pages else None)
    _lead_people(app, PAGES if mount_pages else None, posts=api)
    # The last one added is the first that is asked.
    app.add_middleware(RequestIds, metrics=services.metrics, paths=frozenset(doors))
    if mount_pages:
        mount_pages(app, PAGES)
    return app


def _lifespan(settings: Settings, services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await services.metrics.start()
        await services.monitoring.start()
        await services.training.start(demo=settings.demo)
        await services.prediction.start()
        try:
            yield
        finally:
            await services.training.close()
            await services.prediction.close()
            await services.monitoring.close()
            await services.metrics.close()

    return lifespan


def _lead_people(app: FastAPI, pages: str | None, *, posts: bool) -> None:
    """Lead a browser that opens `/`, `/train` or `/predict` to a page, or to the docs where there are no pages.

    The query goes with it: what a page shows stands there.

    `posts` says whether programs post to these addresses.
    """

    async def lead(request: Request) -> RedirectResponse:
        path = request.url.path
        if path != "/" and posts and not _prefers_html(request):
            raise HTTPException(405)
        if pages is None:
            return RedirectResponse("/docs")
        query = request.scope["query_string"].decode("latin-1")
        return RedirectResponse(f"{pages}{path}?{query}" if query else f"{pages}{path}")

    for path in ("/", "/train", "/predict") if pages else ("/",):
        app.add_api_route(path, lead, methods=["GET"], include_in_schema=False)


def _prefers_html(request: Request) -> bool:
    return negotiate(request.headers.getlist("accept"), ["application/json", "text/html"]) == "text/html"
