"""Load shedding: requests beyond a limit are rejected before their body is read."""

from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.api.problems import error_response
from mlapp.errors import MlappError


class Slot(Protocol):
    """A slot that a request in flight holds."""

    def release(self) -> None:
        """Free the slot."""


Admit = Callable[[int | None], Slot]
"""Takes the size of a body in bytes (None: unknown), and returns a slot or raises an error if none is free."""


class LoadSheddingMiddleware:
    """Admits a POST request when a slot is free, and holds the slot until the response is sent."""

    def __init__(self, app: ASGIApp, limited_routes: Mapping[str, Admit]) -> None:
        self.app = app
        self.limited_routes = limited_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit or reject a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self.limited_routes:
            await self.app(scope, receive, send)
            return
        try:
            slot = self.limited_routes[scope["path"]](_size(scope))
        except MlappError as error:
            await error_response(error)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            slot.release()


def _size(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
