"""Direct calls of endpoints, without FastAPI's routing and error handling, which take twice as long as a prediction."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.api.paths import split_path
from mlapp.api.problems import error_response, http_error_response
from mlapp.errors import MlappError

Endpoint = Callable[[Request], Awaitable[Response]]


class DirectCallMiddleware:
    """Calls the endpoints of some POST routes directly; FastAPI has these routes too, for the OpenAPI document."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self.app = app
        self.endpoints = endpoints
        """By path template; see `split_path`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the endpoint, or pass the request on to FastAPI."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        template, model = split_path(scope["path"])
        endpoint = self.endpoints.get(template)
        if endpoint is None:
            await self.app(scope, receive, send)
            return
        scope["path_params"] = {"model": model} if model else {}
        try:
            response = await endpoint(Request(scope, receive))
        except MlappError as error:
            response = error_response(error)
        except HTTPException as error:
            response = http_error_response(error)
        await response(scope, receive, send)
