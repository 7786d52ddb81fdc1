"""A simulated user in front of the real app."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from nicegui import Client, ui
from nicegui.testing import User

from mlapp.schemas import Job, Model
from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.live_updates import Live
from pages.session.site import Site
from tests.fitted import publish
from tests.services.misbehaving import misbehaving

PATIENCE_TENTHS_S = 100
"""How long a visitor waits for something to come or go."""


class Visitor(User):
    """A user who waits for what is to come: pages show what takes time when it is there."""

    async def should_see(self, target: Any = None, **sought: Any) -> None:
        await super().should_see(target, **({"retries": PATIENCE_TENTHS_S} | sought))

    async def should_not_see(self, target: Any = None, **sought: Any) -> None:
        await super().should_not_see(target, **({"retries": PATIENCE_TENTHS_S} | sought))


@asynccontextmanager
async def visiting(app: FastAPI, *, raise_errors: bool = True) -> AsyncIterator[User]:
    """A user of the pages, whose open pages are closed at the end."""
    stock = ui.navigate, ui.notify, ui.download
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_errors)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/ui", follow_redirects=True) as client:
        yield Visitor(client)
    for open_page in list(Client.instances.values()):
        open_page.delete()
    ui.navigate, ui.notify, ui.download = stock


@pytest.fixture
async def user(app: FastAPI, caplog: pytest.LogCaptureFixture) -> AsyncIterator[User]:
    async with visiting(app) as user:
        yield user
    assert not [record for record in caplog.get_records("call") if record.levelname == "ERROR"]


async def eventually(there: Callable[[], bool], patience_s: float = 10) -> None:
    """Wait until something is there; fail when it does not come."""
    async with asyncio.timeout(patience_s):
        while not there():
            await asyncio.sleep(0.02)


def one(user: User, marker: str | None = None, content: str | None = None) -> Any:
    """Return the one element that is marked so, or shows that."""
    (element,) = user.find(marker=marker, content=content).elements
    return element


async def drop(user: User, name: str, content: bytes) -> None:
    """Send a file the way a browser does."""
    upload = one(user, "file")
    answer = await user.http_client.post(upload.props["url"], files={"file": (name, content, "text/plain")})
    assert answer.status_code == 200


@dataclass(frozen=True)
class Trained:
    """Models to look at; a test activates the one it needs."""

    regression: Model
    classification: Model


@pytest.fixture(scope="session")
async def trained(app: FastAPI) -> Trained:
    services: Services = app.state.services
    return Trained(await publish(services, "machines"), await publish(services, "wine"))


@pytest.fixture(scope="session")
def site(app: FastAPI, settings: Settings) -> Site:
    """What pages are given that a test registers."""
    services: Services = app.state.services
    return Site(services, settings, Live(services))


@pytest.fixture
async def no_active(services: Services) -> AsyncIterator[None]:
    """The store without an active model, as at the very start."""
    folder = services.models.store.folder
    files = [path for path in (folder / "active.json", folder / "history.jsonl") if path.exists()]
    for path in files:
        path.rename(path.with_suffix(".aside"))
    await services.prediction.refresh()
    yield
    for path in files:
        path.with_suffix(".aside").replace(path)
    await services.prediction.refresh()


@pytest.fixture
async def endless(services: Services) -> AsyncIterator[Job]:
    """A training that goes on until it is cancelled."""
    job = await services.training.submit(misbehaving("endless"))
    yield job
    if not job.finished_at:
        await services.jobs.cancel(job.id)
