"""One real app for all tests, over a temporary store; every test gets a store without models of others."""

import gc
import multiprocessing
import os
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from nicegui import Client
from nicegui.testing.general import nicegui_reset_globals

from main import create_app
from mlapp.services import Services
from mlapp.services.processes import WORKER
from mlapp.settings import Settings


def pytest_sessionstart() -> None:
    # What somebody has set for the app, or an editor has read from .env, is not for tests.
    for name in [name for name in os.environ if name == "PORT" or name.startswith("MLAPP_")]:
        del os.environ[name]
    # One forkserver serves all tests: whichever starts it, training processes find their libraries loaded.
    multiprocessing.get_context("forkserver").set_forkserver_preload([WORKER])


def pytest_collection_finish() -> None:
    # NiceGUI's reset scans every object there is; the ones made so far cannot be its.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, store=tmp_path_factory.mktemp("store"), demo=False, max_body_mb=2)


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    with nicegui_reset_globals():
        os.environ["NICEGUI_USER_SIMULATION"] = "true"
        try:
            app = create_app(settings)
            async with app.router.lifespan_context(app):
                yield app
        finally:
            os.environ.pop("NICEGUI_USER_SIMULATION", None)
            Client.page_routes.clear()


@pytest.fixture
def services(app: FastAPI) -> Services:
    services: Services = app.state.services
    return services


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    # The app answers its own errors with 500, as a server would see them.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
        yield client
