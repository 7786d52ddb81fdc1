"""Open pages are told of what changes, whoever changed it."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
from nicegui import Client
from nicegui.testing import User

from main import create_app
from mlapp.schemas import Submission
from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.live_updates import LOOK_S, TRAFFIC_S, Live
from pages.session.site import Site
from tests.pages.conftest import Trained, eventually
from tests.services.disk import no_more_files
from tests.services.misbehaving import add_unloadable


class Told:
    """Counts what pages are told."""

    def __init__(self, live: Live) -> None:
        self.jobs = self.models = self.traffic = 0
        live.jobs_changed.subscribe(self._jobs)
        live.models_changed.subscribe(self._models)
        live.traffic_changed.subscribe(self._traffic)

    def _jobs(self) -> None:
        self.jobs += 1

    def _models(self) -> None:
        self.models += 1

    def _traffic(self) -> None:
        self.traffic += 1


@pytest.fixture
async def live(services: Services, trained: Trained) -> Live:
    """One that has looked around once."""
    await services.models.activate(str(trained.regression.version))
    live = Live(services)
    await live.look()
    return live


@pytest.fixture
async def other(settings: Settings, app: object) -> AsyncIterator[Services]:
    """Another process on the same store, as far as the store can tell."""
    assert app
    elsewhere = create_app(settings, pages=False)
    async with elsewhere.router.lifespan_context(elsewhere):
        yield elsewhere.state.services


async def test_nothing_is_told_when_nothing_changes(live: Live):
    told = Told(live)

    await live.look()
    await live.look()

    assert (told.jobs, told.models) == (0, 0)


async def test_trainings_and_models_of_another_process_are_told(live: Live, other: Services):
    told = Told(live)
    before = live.versions

    model = await other.training.train(Submission(dataset="wine", options={"estimator": "linear", "note": "elsewhere"}))
    await live.look()

    assert (told.jobs, told.models) == (1, 1)
    assert live.versions == (model.version, *before)
    assert live.active
    assert live.active.note == "elsewhere"
    assert live.jobs[0].version == model.version


async def test_another_active_model_is_told(live: Live, services: Services, trained: Trained):
    told = Told(live)

    await services.models.activate(str(trained.classification.version))
    await live.look()

    assert (told.models, live.active and live.active.version) == (1, trained.classification.version)


async def test_model_that_answers_in_place_of_the_active_one_is_what_pages_show(
    live: Live, services: Services, trained: Trained, caplog: pytest.LogCaptureFixture
):
    store, good = services.models.store, await services.models.annotate(str(trained.regression.version), "good")
    broken, told = add_unloadable(store, good.version), Told(live)

    store.activate(broken)
    await services.prediction.refresh()
    await live.look()

    assert (live.active and live.active.version, live.active_version, told.models) == (good.version, broken, 1)
    await services.models.activate(str(good.version))
    await services.models.delete(str(broken))
    await live.look()
    assert (live.active, live.active_version) == (good, good.version)
    caplog.clear()


async def test_an_active_model_whose_record_is_damaged_is_told_once(live: Live, services: Services, trained: Trained):
    told = Told(live)
    folder = services.models.store.folder
    pointer, damaged = (folder / "active.json").read_bytes(), folder / "versions" / "900"
    damaged.mkdir()
    (damaged / "record.json").write_bytes(b"{")
    (folder / "active.json").write_bytes(b'{"version": 900}')
    try:
        await services.prediction.refresh()
        await live.look()
        await live.look()
    finally:
        (folder / "active.json").write_bytes(pointer)
        shutil.rmtree(damaged)
        await services.prediction.refresh()

    assert (told.models, live.active and live.active.version) == (1, trained.regression.version)


async def test_traffic_is_told_of_at_most_once_a_second(live: Live, http: httpx.AsyncClient, trained: Trained):
    told = Told(live)
    features = trained.regression.features
    row = {feature.name: feature.example for feature in features}
    loop = asyncio.get_running_loop()
    began = loop.time()

    async with asyncio.timeout(60):
        while told.traffic < 2:
            await http.post("/predict", json={"records": [row]})
            await live.look()

    assert loop.time() - began > TRAFFIC_S


async def test_looking_stops_without_an_open_page_and_starts_again(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    site = Site(services, Settings(_env_file=None), Live(services))
    first = await user.open("/health")
    site.live.watch()
    watching = site.live._task
    assert watching
    site.live.watch()
    assert site.live._task is watching

    for open_page in list(Client.instances.values()):
        open_page.delete()
    await asyncio.wait_for(asyncio.shield(watching), 5 * LOOK_S + 2)
    assert first.id not in Client.instances

    await user.open("/health")
    site.live.watch()
    assert site.live._task is not watching
    await services.models.activate(str(trained.classification.version))
    await eventually(lambda: bool(site.live.active and site.live.active.version == trained.classification.version))


async def test_pages_are_told_again_after_the_store_could_not_be_read(
    user: User, services: Services, trained: Trained, caplog: pytest.LogCaptureFixture
):
    await services.models.activate(str(trained.regression.version))
    live = Live(services)
    await user.open("/health")
    live.watch()
    await eventually(lambda: live.active_version == trained.regression.version)

    with no_more_files():
        await eventually(lambda: live.outage.failures > 2)
    await services.models.activate(str(trained.classification.version))

    await eventually(lambda: live.active_version == trained.classification.version)
    assert "Open pages cannot be kept up to date: The store cannot be read" in caplog.text
    caplog.clear()
