"""Fixtures of page tests: a simulated user and the real app."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI
from nicegui import Client, ElementFilter, ui
from nicegui.testing import User

from mlapp.schemas import Format, Job, Submission, VersionInfo
from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.live_updates import LiveUpdates
from pages.session.site import Site
from tests.fitted import publish
from tests.services.misbehaving import misbehaving

TOWNS = [f"town {n}" for n in range(25)]
ROWS = [
    {
        "size": n % 50,
        "weight": n % 50 / 8,
        "tiny": n % 50 * 1e-12,
        "same": 7,
        "kind": "abc"[n % 3],
        "town": TOWNS[n % 25],
        "day": f"2024-01-{n % 28 + 1:02}",
        "open": n % 4 == 0,
        "note": f"Visit {n}: the customer likes the house and wants to see it again next week.",
        "empty": None,
    }
    | {f"more {index}": (n * index) % 31 for index in range(2, 7)}
    | {"price": n % 50 * 3 + n % 3}
    for n in range(150)
]
RETRIES = 600
"""How often an expectation is checked, every 0.1 s: a process that is started takes long on a busy machine."""


class WaitingUser(User):
    """A user who waits up to a minute for content to appear or to disappear."""

    def __getattribute__(self, name: str) -> Any:
        # The page sends by these at any time, which would redirect notifications from another user to this one.
        if name in {"_client", "client", "javascript_rules"}:
            return object.__getattribute__(self, name)
        return super().__getattribute__(name)

    async def should_see(self, target: Any = None, **criteria: Any) -> None:
        await super().should_see(target, **({"retries": RETRIES} | criteria))

    async def should_not_see(self, target: Any = None, **criteria: Any) -> None:
        await super().should_not_see(target, **({"retries": RETRIES} | criteria))


@asynccontextmanager
async def visiting(app: FastAPI, *, raise_errors: bool = True) -> AsyncIterator[User]:
    """Yield a user of the pages, and close their open pages at the end."""
    originals = ui.navigate, ui.notify, ui.download
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_errors)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/ui", follow_redirects=True) as client:
        yield WaitingUser(client)
    for open_page in list(Client.instances.values()):
        open_page.delete()
    ui.navigate, ui.notify, ui.download = originals


@pytest.fixture
async def user(app: FastAPI, caplog: pytest.LogCaptureFixture) -> AsyncIterator[User]:
    async with visiting(app) as user:
        yield user
    assert not [record for record in caplog.get_records("call") if record.levelname == "ERROR"]


async def eventually(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until a condition is true; fail after the timeout."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def one(user: User, marker: str | None = None, content: str | None = None) -> Any:
    """Return the only element with this mark or content."""
    (element,) = user.find(marker=marker, content=content).elements
    return element


async def drop(user: User, name: str, content: bytes) -> None:
    """Upload a file as a browser does, by the drop zone or, while that is folded, by the page."""
    with user:
        (upload,) = ElementFilter(kind=ui.upload)
    answer = await user.http_client.post(upload.props["url"], files={"file": (name, content, "text/plain")})
    assert answer.status_code == 200


@dataclass(frozen=True)
class TrainedVersions:
    """The first versions of two models, both active; tests make the model the default one that they need so."""

    regression: VersionInfo
    classification: VersionInfo


@pytest.fixture(scope="session")
async def trained(app: FastAPI) -> TrainedVersions:
    services: Services = app.state.services
    return TrainedVersions(await publish(services, "machines"), await publish(services, "wine"))


@pytest.fixture(scope="session")
def site(app: FastAPI, settings: Settings) -> Site:
    """The site of pages that a test registers."""
    services: Services = app.state.services
    return Site(services, settings, LiveUpdates(services))


@pytest.fixture
async def no_models(services: Services) -> AsyncIterator[None]:
    """Run with a store that has no models, and remove those that the test adds."""
    folder = services.models.store.folder
    aside = {name: folder / f"{name}.aside" for name in ("models", "default.json") if (folder / name).exists()}
    for name, path in aside.items():
        (folder / name).rename(path)
    await services.prediction.refresh("")
    yield
    shutil.rmtree(folder / "models", ignore_errors=True)
    (folder / "default.json").unlink(missing_ok=True)
    for name, path in aside.items():
        path.rename(folder / name)
    await services.prediction.refresh("")


@pytest.fixture
async def endless(services: Services) -> AsyncIterator[Job]:
    """A training that runs until it is cancelled."""
    job = await services.training.submit(misbehaving("endless"))
    yield job
    if not job.finished_at:
        await services.jobs.cancel(job.id)


@pytest.fixture(scope="session")
async def rich(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> VersionInfo:
    """A version with features of every type, one of them without values; its model is called rich."""
    file = tmp_path_factory.mktemp("rich") / "rich.csv"
    pl.DataFrame(ROWS).write_csv(file)
    names = [name for name in ROWS[0] if name != "price"]
    options = {"target": "price", "estimator": "linear", "features": names}
    services: Services = app.state.services
    return await services.training.train(
        Submission(path=str(file), format=Format.CSV, name="rich.csv", options=options)
    )


@pytest.fixture
async def form(user: User, rich: VersionInfo) -> User:
    """A user on the Predict page of that version."""
    await user.open(f"/models/rich/predict?version={rich.version}")
    await user.should_see("in about 90% of cases")
    await user.should_see(marker="curve")
    return user
