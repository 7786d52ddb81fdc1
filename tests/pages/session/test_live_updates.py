"""Live updates: open pages are notified of changes by any process."""

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
from pages.session.live_updates import POLL_S, TRAFFIC_S, LiveUpdates
from pages.session.site import Site
from tests.pages.conftest import TrainedVersions, eventually
from tests.services.disk import no_more_files
from tests.services.misbehaving import add_unloadable


class Notifications:
    """Counts notifications."""

    def __init__(self, live: LiveUpdates) -> None:
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
async def live(services: Services, trained: TrainedVersions) -> LiveUpdates:
    """Live updates after a first refresh."""
    await services.models.activate(str(trained.regression.version))
    live = LiveUpdates(services)
    await live.refresh()
    return live


@pytest.fixture
async def other(settings: Settings, app: object) -> AsyncIterator[Services]:
    """A second app on the same store, like another process."""
    assert app
    second = create_app(settings, pages=False)
    async with second.router.lifespan_context(second):
        yield second.state.services


async def test_pages_are_not_notified_without_changes(live: LiveUpdates):
    notified = Notifications(live)

    await live.refresh()
    await live.refresh()

    assert (notified.jobs, notified.models) == (0, 0)


async def test_trainings_and_models_of_another_process_are_notified(live: LiveUpdates, other: Services):
    notified = Notifications(live)
    before = live.versions

    model = await other.training.train(
        Submission(dataset="wine", options={"estimator": "linear", "note": "second app"})
    )
    await live.refresh()

    assert (notified.jobs, notified.models) == (1, 1)
    assert live.versions == (model.version, *before)
    assert live.active
    assert live.active.note == "second app"
    assert live.jobs[0].version == model.version


async def test_another_active_model_is_notified(live: LiveUpdates, services: Services, trained: TrainedVersions):
    notified = Notifications(live)

    await services.models.activate(str(trained.classification.version))
    await live.refresh()

    assert (notified.models, live.active and live.active.version) == (1, trained.classification.version)


async def test_pages_show_the_fallback_of_an_active_model_that_cannot_be_loaded(
    live: LiveUpdates, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    store, good = services.models.store, await services.models.annotate(str(trained.regression.version), "good")
    broken, notified = add_unloadable(store, good.version), Notifications(live)

    store.activate(broken)
    await services.prediction.refresh()
    await live.refresh()

    assert (live.active and live.active.version, live.active_version, notified.models) == (good.version, broken, 1)
    await services.models.activate(str(good.version))
    await services.models.delete(str(broken))
    await live.refresh()
    assert (live.active, live.active_version) == (good, good.version)
    caplog.clear()


async def test_active_model_with_a_damaged_record_is_notified_once(
    live: LiveUpdates, services: Services, trained: TrainedVersions
):
    notified = Notifications(live)
    folder = services.models.store.folder
    pointer, damaged = (folder / "active.json").read_bytes(), folder / "versions" / "900"
    damaged.mkdir()
    (damaged / "record.json").write_bytes(b"{")
    (folder / "active.json").write_bytes(b'{"version": 900}')
    try:
        await services.prediction.refresh()
        await live.refresh()
        await live.refresh()
    finally:
        (folder / "active.json").write_bytes(pointer)
        shutil.rmtree(damaged)
        await services.prediction.refresh()

    assert (notified.models, live.active and live.active.version) == (1, trained.regression.version)


async def test_traffic_notifications_are_limited(live: LiveUpdates, http: httpx.AsyncClient, trained: TrainedVersions):
    notified = Notifications(live)
    features = trained.regression.features
    row = {feature.name: feature.example for feature in features}
    loop = asyncio.get_running_loop()
    started = loop.time()

    async with asyncio.timeout(60):
        while notified.traffic < 2:
            await http.post("/predict", json={"records": [row]})
            await live.refresh()

    assert loop.time() - started > TRAFFIC_S


async def test_polling_stops_without_open_pages_and_starts_again(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    site = Site(services, Settings(_env_file=None), LiveUpdates(services))
    first = await user.open("/health")
    site.live.watch()
    polling = site.live._task
    assert polling
    site.live.watch()
    assert site.live._task is polling

    for open_page in list(Client.instances.values()):
        open_page.delete()
    await asyncio.wait_for(asyncio.shield(polling), 5 * POLL_S + 2)
    assert first.id not in Client.instances

    await user.open("/health")
    site.live.watch()
    assert site.live._task is not polling
    await services.models.activate(str(trained.classification.version))
    await eventually(lambda: bool(site.live.active and site.live.active.version == trained.classification.version))


async def test_notifications_resume_after_the_store_could_not_be_read(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    await services.models.activate(str(trained.regression.version))
    live = LiveUpdates(services)
    await user.open("/health")
    live.watch()
    await eventually(lambda: live.active_version == trained.regression.version)

    with no_more_files():
        await eventually(lambda: live.outage.failures > 2)
    await services.models.activate(str(trained.classification.version))

    await eventually(lambda: live.active_version == trained.classification.version)
    assert "Open pages cannot be updated" in caplog.text
    caplog.clear()
