"""Back-pressure: who cannot be answered in time is told so at once, before the body is read."""

from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.api.problems import answer_to
from mlapp.errors import MlappError


class Slot(Protocol):
    """A slot of a request in flight."""

    def release(self) -> None:
        """Give it back."""


Door = Callable[[int | None], Slot]
"""Acquires a slot for a request by the size of its body in bytes (None: unknown), or raises why there is none."""


class BackPressure:
    """Admits a POST request when a slot is free, and holds the slot until the response is sent."""

    def __init__(self, app: ASGIApp, doors: Mapping[str, Door]) -> None:
        self.app = app
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self.doors:
            await self.app(scope, receive, send)
            return
        try:
            slot = self.doors[scope["path"]](_size(scope))
        except MlappError as refusal:
            await answer_to(refusal)(scope, receive, send)
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
