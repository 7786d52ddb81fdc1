"""Load shedding: requests beyond a limit are rejected before their body is read."""

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.api.middleware.body_limit import content_length, is_packed
from mlapp.api.paths import split_path
from mlapp.api.problems import error_response
from mlapp.errors import MlappError
from mlapp.services.admission import Release

Admit = Callable[[int | None, str | None], Release]
"""Takes a slot by the size of a body in bytes (None: unknown) and the model in the path, or raises an error if none is
free."""


class LoadSheddingMiddleware:
    """Admits a POST request when a slot is free, and holds the slot until the response is sent."""

    def __init__(self, app: ASGIApp, limited_routes: Mapping[str, Admit]) -> None:
        self.app = app
        self.limited_routes = limited_routes
        """By path template; see `split_path`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit or reject a request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        template, model = split_path(scope["path"])
        admit = self.limited_routes.get(template)
        if admit is None:
            await self.app(scope, receive, send)
            return
        try:
            release = admit(None if is_packed(scope) else content_length(scope), model)
        except MlappError as error:
            await error_response(error)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            release()
