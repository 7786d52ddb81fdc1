"""System page."""

from dataclasses import replace

import httpx
import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from pages.frame import frame
from pages.session.site import Site
from pages.system import _System
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import make_default, predict
from tests.services.disk import full_disk
from tests.services.misbehaving import add_unloadable


async def test_system_shows_status_store_and_loaded_versions(user: User, services: Services, trained: TrainedVersions):
    await make_default(services, trained.regression.model)

    await user.open("/system")

    await user.should_see(content="healthy", marker="status")
    await user.should_see("of machines answers.")
    await user.should_see(str(services.models.store.folder))
    await user.should_see("of 100 MB")
    await user.should_not_see(marker="go-train")


async def test_system_is_updated_in_place(
    user: User, services: Services, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pages.system.REFRESH_S", 0.1)
    await services.models.activate("wine", str(trained.classification.version))
    await make_default(services, trained.regression.model)
    await user.open("/system")
    message = one(user, "message")
    shown = [label for label in user.find(kind=ui.label).elements if label.text.endswith(" s")]
    before = [label.text for label in shown]
    await eventually(lambda: [label.text for label in shown] != before)

    await make_default(services, trained.classification.model)

    await eventually(lambda: message.text == f"Version {trained.classification.version} of wine answers.")


async def test_system_counts_the_requests_of_all_models(user: User, trained: TrainedVersions, http: httpx.AsyncClient):
    await user.open("/system")
    requests = one(user, "hour-requests")
    before = int(requests.text.replace(",", ""))

    await predict(http, trained.regression, rows=1)
    await predict(http, trained.classification, rows=1)

    await eventually(lambda: requests.text == f"{before + 2:,}")


@pytest.mark.usefixtures("no_models")
async def test_system_without_a_model_links_to_training(user: User):
    await user.open("/system")

    await user.should_see(content="There is no model yet.", marker="message")
    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_system_says_what_to_do_about_a_default_model_that_cannot_be_loaded(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    good, store = trained.regression.version, services.models.store
    await services.models.activate("machines", str(good))
    await make_default(services, "machines")
    await services.prediction.fitted("machines")
    store.activate("machines", add_unloadable(store, "machines", good))
    await services.prediction.refresh("machines")
    try:
        await user.open("/system")

        await user.should_see("answers in place of the active one.")
        await user.should_see("The active version of the default model, machines, cannot be used")
        await user.should_see(marker="go-versions")
    finally:
        await services.models.activate("machines", str(good))
    caplog.clear()  # The log of the version that cannot be loaded.


async def test_system_links_to_the_api_only_if_there_is_one(user: User, site: Site):
    @ui.page("/system-without-api")
    async def system_without_api() -> None:
        with frame(site, "System", "/system"):
            await _System(replace(site, api=False)).build()

    await user.open("/system")
    await user.should_see("API documentation")

    await user.open("/system-without-api")

    await user.should_see(marker="versions")
    await user.should_not_see("API documentation")


@pytest.mark.usefixtures("trained")
async def test_system_warns_of_a_read_only_store(user: User):
    with full_disk():
        await user.open("/system")

    await user.should_see("File too large")
