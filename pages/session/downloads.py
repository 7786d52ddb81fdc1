"""Downloads of predictions for uploaded tables, computed as they are downloaded."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from nicegui import app as ui_app
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from mlapp.errors import MlappError
from mlapp.presentation.attachments import attachment
from mlapp.services import Services
from mlapp.services.prediction.service import Body
from pages.session.table_file import TableFile

PATH = "/predictions"
GONE = "This table is no longer available; upload it on the Predict tab again."


@dataclass
class Downloads:
    """The available downloads, by path with an unguessable token."""

    services: Services
    _tables: dict[str, tuple[TableFile, dict[str, Any], str, int]] = field(default_factory=dict)

    def register(self) -> None:
        """Add the route to the pages' app."""
        ui_app.get(f"{PATH}/{{token}}")(self.send)

    def add(self, table: TableFile, options: dict[str, Any], model: str, version: int) -> str:
        """Add the predictions of a version of a model as a download, and return its path below the pages.

        `options` are those of `PredictOptions`.
        """
        path = f"{PATH}/{secrets.token_urlsafe(24)}"
        self._tables[path] = table, options, model, version
        return path

    def remove(self, path: str) -> None:
        """Remove a download."""
        self._tables.pop(path, None)

    async def send(self, token: str) -> Response:
        """Respond with the table and its predictions, in the format of the upload."""
        try:
            table, options, model, version = self._tables[f"{PATH}/{token}"]
            body = Body(await asyncio.to_thread(table.path.read_bytes), table.format, options)
        except (KeyError, FileNotFoundError):
            return PlainTextResponse(GONE, 404)
        try:
            found = await self.services.prediction.predict(body, model=model, version=version)
        except MlappError as error:
            return PlainTextResponse(error.detail, error.status)
        headers = {
            "X-Model-Name": found.model,
            "X-Model-Version": str(found.version),
            "X-Warnings-Total": str(found.warnings_total),
            "Content-Disposition": attachment(table.name, found.format),
            # Otherwise the response would be compressed on the event loop, blocking all other requests.
            "Content-Encoding": "identity",
            "Cache-Control": "no-store",
        }
        return StreamingResponse(found.chunks, media_type=found.format.value, headers=headers)
