"""Clients that leave while their rows are explained, on a real connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import polars as pl
import pytest
import uvicorn
from fastapi import FastAPI

from mlapp.schemas import Explanation, VersionInfo
from mlapp.server import Connection, Server
from mlapp.services import Services
from mlapp.services.prediction import responses, rows
from tests.api.conftest import CSV, row_of
from tests.services.conftest import eventually

ROWS = 5_000


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[int]:
    """Serve an app that has been started; gives the port."""

    async def nothing() -> None:
        """Stop nothing."""

    server = Server(uvicorn.Config(app, port=0, http=Connection, log_config=None, lifespan="off"), nothing)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


@pytest.mark.parametrize("content_type", [CSV, "application/json"])
async def test_client_that_leaves_is_not_explained_further_and_frees_its_slot(
    app: FastAPI, services: Services, regression: VersionInfo, monkeypatch: pytest.MonkeyPatch, content_type: str
):
    frame, limits = pl.DataFrame([row_of(regression)] * ROWS), services.prediction._limits
    explain_rows, calls = responses.explain_rows, []

    def counted(*given: Any) -> list[Explanation]:
        calls.append(given)
        return explain_rows(*given)

    monkeypatch.setattr(rows, "explain_rows", counted)
    body = frame.write_csv() if content_type == CSV else json.dumps({"records": frame.to_dicts()})
    head = f"POST /models/{regression.model}/predict?explain=true HTTP/1.1\r\nHost: localhost\r\n"
    async with serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert limits.large_slots.in_use == 1

        writer.close()
        await eventually(lambda: limits.large_slots.in_use == 0)

        await eventually(lambda: limits.explain.idle)
    assert 0 < len(calls) < ROWS / rows.CALL_ROWS
