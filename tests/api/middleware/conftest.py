"""Clients of apps with and without API keys, whose services are not started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from main import create_app
from mlapp.settings import Settings

FULL, PREDICT = "a-key-with-full-access", "a-key-for-predictions"
KEYS = {"api_key": FULL, "predict_key": PREDICT}
REMOTE = ("192.0.2.1", 1234)


@asynccontextmanager
async def client_of(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of a new app, without its lifespan, as no request reaches a service."""
    app = create_app(Settings(_env_file=None, store=folder / "store", demo=False, **settings), pages=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=REMOTE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path, **KEYS) as http:
        yield http


@pytest.fixture
async def unsecured(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path) as http:
        yield http
