"""Files that are made as they are downloaded: the answers to tables that visitors dropped."""

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from nicegui import app as ui_app
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from mlapp.errors import MlappError
from mlapp.schemas import Format
from mlapp.services import Services
from mlapp.services.prediction.service import Body

PATH = "/predictions"
GONE = "This table is no longer here; drop it on the Predict page again."


@dataclass(frozen=True)
class Dropped:
    """A table to predict, as long as the page is open that it was dropped on."""

    file: Path
    format: Format
    version: int

    @property
    def name(self) -> str:
        """What the file of its answers is called."""
        return f"predictions{self.format.suffix}"


@dataclass
class Downloads:
    """What can be downloaded, by a name that nobody can guess."""

    services: Services
    _offered: dict[str, Dropped] = field(default_factory=dict)

    def register(self) -> None:
        """Add the route, below those of the pages."""
        ui_app.get(f"{PATH}/{{token}}")(self.send)

    def offer(self, dropped: Dropped) -> str:
        """Offer the answers to a table; returns the path, among the pages, to get them from."""
        token = secrets.token_urlsafe(24)
        self._offered[token] = dropped
        return f"{PATH}/{token}"

    def withdraw(self, path: str) -> None:
        """Offer it no longer."""
        self._offered.pop(path.rpartition("/")[2], None)

    async def send(self, token: str) -> Response:
        """Answer with the table and its predictions, in the format it came in."""
        dropped = self._offered.get(token)
        try:
            return await self._answer(dropped) if dropped else PlainTextResponse(GONE, 404)
        except FileNotFoundError:
            return PlainTextResponse(GONE, 404)
        except MlappError as error:
            return PlainTextResponse(error.detail, error.status)

    async def _answer(self, dropped: Dropped) -> Response:
        body = Body(await asyncio.to_thread(dropped.file.read_bytes), dropped.format)
        found = await self.services.prediction.predict(body, dropped.format, dropped.version)
        headers = {
            "Content-Disposition": f'attachment; filename="{dropped.name}"',
            # Else it would be packed on the event loop, on which everything else waits.
            "Content-Encoding": "identity",
            "Cache-Control": "no-store",
        }
        return StreamingResponse(found.chunks, media_type=dropped.format.value, headers=headers)
