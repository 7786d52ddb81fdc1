"""One real app for all tests, over a temporary store; every test gets a store without models of others."""

import gc
import multiprocessing
import os
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import spawn
from pathlib import Path
from threading import Thread
from typing import Any

import coverage
import httpx
import pytest
from fastapi import FastAPI
from nicegui import Client
from nicegui.testing.general import nicegui_reset_globals
from xdist.scheduler import LoadScopeScheduling

from main import create_app
from mlapp.services import Services
from mlapp.services.jobs import runner
from mlapp.services.jobs.runner import Processes
from mlapp.settings import Settings
from mlapp.store import ModelStore
from tests.fitted import Fitted, fit
from tests.servers import FULL, PREDICT, Running, address, end, serving, serving_unmeasured, wait_until

BROWSER = ("tests/e2e/", "tests/test_authorization.py", "tests/test_login.py", "tests/pages/session/test_guard.py")
"""Tests that share a browser and the server that it visits."""


SERVICES = Path(__file__).parent / "services"


def pytest_sessionstart(session: pytest.Session) -> None:
    # What somebody has set for the app, or an editor has read from .env, is not for tests.
    unwanted: tuple[str, ...] = ("PORT", "MLAPP_")
    if not session.config.getoption("numprocesses"):
        # The processes that run tests are measured, and those that tests start only where these say so.
        unwanted += ("COVERAGE_PROCESS",)
    for name in [name for name in os.environ if name.startswith(unwanted)]:
        del os.environ[name]
    # One forkserver serves all tests: whichever starts it, training processes find their libraries loaded.
    runner.PRELOAD = "tests.measured" if coverage.Coverage.current() else "tests.preload"
    multiprocessing.get_context("forkserver").set_forkserver_preload([runner.PRELOAD])


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a process whole files, and one of them all that use a browser."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER[0] if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since tests wait now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes longest begins first.
    items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))
    for item in items:
        if isinstance(item, pytest.Function) and is_slow(item):
            item.add_marker("slow")


def is_slow(item: pytest.Function) -> bool:
    """Whether a test starts a server or a browser; others that are slow carry the mark themselves."""
    starts_a_server = any(getattr(item.module, each.__name__, None) is each for each in (serving, serving_unmeasured))
    return starts_a_server or not {"running", "closed", "browser"}.isdisjoint(item.fixturenames)


def pytest_collection() -> None:
    # Scans of the tests that are collected so far, which are all kept, would take a quarter of the time.
    gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()
    # NiceGUI's reset scans every object there is; the ones made so far cannot be its.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _fork_server_stays() -> Iterator[None]:
    """Closing an app would stop the fork server that all apps of this process share, and a restart takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Processes, "_stop_fork_server", lambda _: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def _processes_are_measured_in_tests_of_services_only(request: pytest.FixtureRequest) -> Iterator[None]:
    """Coverage doubles what a training process takes, and other tests have theirs do the same."""
    prepare = spawn.get_preparation_data
    with pytest.MonkeyPatch.context() as patch:
        if not request.path.is_relative_to(SERVICES):
            # coverage.py adds itself to what prepares a process.
            patch.setattr(spawn, "get_preparation_data", lambda name: _without(prepare(name), "stowaway"))
        yield


def _without(data: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != left_out}


@pytest.fixture(scope="session")
def running_store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The store of the server that is open."""
    return ModelStore(tmp_path_factory.mktemp("server") / "store")


@pytest.fixture(scope="session")
def running(running_store: ModelStore) -> Iterator[Running]:
    """A server that is open, with the example, the model of its first start."""
    with serving_unmeasured(running_store.folder.parent) as (process, http):
        wait_until(http, "/readyz")
        yield process, http
        assert end(process) == 0


@pytest.fixture(scope="session")
def server(running: Running) -> str:
    """Its address."""
    return address(running[1])


@pytest.fixture(scope="session")
def closed_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server with keys writes its log."""
    return tmp_path_factory.mktemp("closed") / "log"


class Elsewhere(BaseHTTPRequestHandler):
    """Serves an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The origin of a page whose scripts may use the server with keys."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def closed(closed_log: Path, elsewhere: str) -> Iterator[httpx.Client]:
    """A client of a server with keys, and with a model."""
    store = ModelStore(closed_log.parent / "store")
    store.prepare()
    fit("diabetes").activate_in(store)
    settings = {"MLAPP_API_KEY": FULL, "MLAPP_PREDICT_KEY": PREDICT, "MLAPP_TRUSTED_PROXIES": "127.0.0.1"}
    settings["MLAPP_CORS_ORIGINS"] = elsewhere
    with serving(closed_log.parent, MLAPP_LOG_LEVEL="debug", **settings) as (_, http):
        yield http


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


@pytest.fixture(scope="session")
def wine() -> Fitted:
    return fit("wine")


@pytest.fixture(scope="session")
def diabetes() -> Fitted:
    return fit("diabetes")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "store")
    store.prepare()
    return store


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name binary parameters by their argument: archives hold the time, and all test processes need the same names."""
    return argname if isinstance(val, bytes) and (b"\0" in val or not val.isascii()) else None
