"""Live updates: open pages are notified of changes by any process."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from nicegui import Client
from nicegui.testing import User

from main import create_app
from mlapp.schemas import ActivationPolicy, ModelPatch, Submission, VersionInfo
from mlapp.services import Services
from mlapp.settings import Settings
from pages.session import live_updates
from pages.session.live_updates import POLL_S, TRAFFIC_S, LiveUpdates
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually
from tests.pages.steps import DAMAGED, damage_active_version, make_default
from tests.services.disk import no_more_files
from tests.services.misbehaving import add_unloadable


def version_of(info: VersionInfo | None) -> int | None:
    return info.version if info else None


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
    """Live updates after a first refresh, with an active version of the table machines."""
    await services.models.activate("machines", str(trained.regression.version))
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


async def test_trainings_and_versions_of_another_process_are_notified(live: LiveUpdates, other: Services):
    notified = Notifications(live)
    before = live.models["wine"].versions

    trained = await other.training.train(
        Submission(dataset="wine", options={"estimator": "linear", "note": "second app"})
    )
    await live.refresh()

    assert (notified.jobs, notified.models) == (1, 1)
    assert live.models["wine"].versions == (trained.version, *before)
    assert (live.jobs[0].model, live.jobs[0].version) == ("wine", trained.version)
    assert getattr(live.active("wine"), "note", None) == "second app"


async def test_another_active_version_is_notified(live: LiveUpdates, services: Services):
    first = live.active("machines")
    second, notified = await publish(services, "machines", activate=False), Notifications(live)

    await services.models.activate("machines", str(second.version))
    await live.refresh()

    assert version_of(first) != second.version
    assert (notified.models, version_of(live.active("machines"))) == (1, second.version)


async def test_another_default_model_is_notified(live: LiveUpdates, services: Services):
    await make_default(services, "wine")
    await live.refresh()
    before, notified = live.active("machines"), Notifications(live)

    await make_default(services, "machines")
    await live.refresh()

    assert (live.default, notified.models) == ("machines", 1)
    assert [getattr(info, "default", None) for info in (before, live.active("machines"))] == [False, True]


async def test_deleted_model_has_no_active_version(live: LiveUpdates, services: Services):
    published = await publish(services, "wine", "ephemeral")
    await live.refresh()
    assert version_of(live.active("ephemeral")) == published.version

    await services.models.delete("ephemeral")
    await live.refresh()

    assert (live.active("ephemeral"), live.active(None), "ephemeral" in live.models) == (None, None, False)


async def test_model_without_an_active_version_has_none(live: LiveUpdates, services: Services):
    idle = await publish(services, "wine", "still", activate=False)

    await live.refresh()

    assert (live.active("still"), live.models["still"].versions) == (None, (idle.version,))


async def test_pages_show_the_fallback_of_an_active_version_that_cannot_be_loaded(
    live: LiveUpdates, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    store, good = services.models.store, trained.regression.version
    await make_default(services, "machines")
    await services.prediction.fitted("machines")
    await live.refresh()
    broken, notified = add_unloadable(store, "machines", good), Notifications(live)

    store.activate("machines", broken)
    await services.prediction.refresh("machines")
    await live.refresh()

    assert live.models["machines"].active == broken
    assert (version_of(live.active("machines")), notified.models) == (good, 1)
    await services.models.activate("machines", str(good))
    await services.models.delete_version("machines", str(broken))
    await live.refresh()
    assert (version_of(live.active("machines")), live.models["machines"].active) == (good, good)
    caplog.clear()


async def test_fallback_that_was_deleted_while_it_answers_is_shown(
    live: LiveUpdates, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    store, doomed = services.models.store, await publish(services, "machines")
    await make_default(services, "machines")
    await services.prediction.fitted("machines")
    broken = add_unloadable(store, "machines", doomed.version)
    store.activate("machines", broken)
    await services.prediction.refresh("machines")
    store.delete("machines", doomed.version)

    await live.refresh()

    assert version_of(live.active("machines")) == doomed.version
    await services.models.activate("machines", str(trained.regression.version))
    await services.models.delete_version("machines", str(broken))
    caplog.clear()


async def test_active_version_with_a_damaged_record_is_notified_once(live: LiveUpdates, services: Services):
    readable = await publish(services, "wine", "marred")
    damage_active_version(services.models.store, "marred")
    notified = Notifications(live)

    await live.refresh()
    await live.refresh()

    assert (notified.models, live.active("marred")) == (1, None)
    assert live.models["marred"][:2] == (DAMAGED, (readable.version,))


async def test_settings_that_another_process_changed_are_notified(live: LiveUpdates, other: Services):
    notified = Notifications(live)

    for patch in (ModelPatch(description="Until failure."), ModelPatch(activation=ActivationPolicy.NEVER)):
        await other.models.update("machines", patch)
        await live.refresh()
        await live.refresh()

    assert notified.models == 2
    await other.models.update("machines", ModelPatch(description="", activation=ActivationPolicy.AUTO))


async def test_edited_note_is_shown(live: LiveUpdates, services: Services, trained: TrainedVersions):
    assert live.active("machines")
    notified = Notifications(live)

    await services.models.annotate("machines", str(trained.regression.version), "edited")
    live.notify_edited("machines")

    assert (notified.models, getattr(live.active("machines"), "note", None)) == (1, "edited")


async def test_versions_that_were_prepared_are_not_read_again(live: LiveUpdates, trained: TrainedVersions):
    await live.prepare(["machines", "wine", "unknown"])
    shown = dict(live._shown)

    assert live.active("wine") is shown["wine"][1]
    assert shown.keys() == {"machines", "wine"}


async def test_only_versions_shown_last_are_kept(
    live: LiveUpdates, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_updates, "MAX_SHOWN", 1)
    kept = live.active("machines")
    assert live.active("machines") is kept

    assert version_of(live.active("wine"))

    assert live.active("machines") is not kept


async def test_traffic_notifications_are_limited(live: LiveUpdates, http: httpx.AsyncClient, trained: TrainedVersions):
    notified = Notifications(live)
    features = trained.regression.features
    row = {feature.name: feature.example for feature in features}
    loop = asyncio.get_running_loop()
    started = loop.time()

    async with asyncio.timeout(60):
        while notified.traffic < 2:
            await http.post("/models/machines/predict", json={"records": [row]})
            await live.refresh()

    assert loop.time() - started > TRAFFIC_S


async def test_polling_stops_without_open_pages_and_starts_again(
    user: User, services: Services, trained: TrainedVersions
):
    await make_default(services, trained.regression.model)
    site = Site(services, Settings(_env_file=None), LiveUpdates(services))
    first = await user.open("/system")
    site.live.watch()
    polling = site.live._task
    assert polling
    site.live.watch()
    assert site.live._task is polling

    for open_page in list(Client.instances.values()):
        open_page.delete()
    await asyncio.wait_for(asyncio.shield(polling), 5 * POLL_S + 2)
    assert first.id not in Client.instances

    await user.open("/system")
    site.live.watch()
    assert site.live._task is not polling
    await make_default(services, trained.classification.model)
    await eventually(lambda: site.live.default == trained.classification.model)


async def test_notifications_resume_after_the_store_could_not_be_read(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    await make_default(services, trained.regression.model)
    live = LiveUpdates(services)
    await user.open("/system")
    live.watch()
    await eventually(lambda: live.default == trained.regression.model)

    with no_more_files():
        await eventually(lambda: live.outage.failures > 2)
    await make_default(services, trained.classification.model)

    await eventually(lambda: live.default == trained.classification.model)
    assert "Open pages cannot be updated" in caplog.text
    caplog.clear()
