"""Health page."""

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.services.disk import full_disk


async def test_health_shows_status_message_and_system(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))

    await user.open("/health")

    await user.should_see(content="healthy", marker="status")
    await user.should_see(f"Model {trained.regression.version} answers.")
    await user.should_see("System")
    await user.should_see(str(services.models.store.folder))
    await user.should_not_see(marker="go-train")


async def test_health_is_updated_in_place(
    user: User, services: Services, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pages.system.REFRESH_S", 0.1)
    await services.models.activate(str(trained.regression.version))
    await user.open("/health")
    message = one(user, "message")
    shown = [label for label in user.find(kind=ui.label).elements if label.text.endswith(" s")]
    before = [label.text for label in shown]
    await eventually(lambda: [label.text for label in shown] != before)

    await services.models.activate(str(trained.classification.version))

    expected = f"Model {trained.classification.version} answers."
    await eventually(lambda: message.text == expected)


@pytest.mark.usefixtures("no_active")
async def test_health_without_a_model_links_to_training(user: User):
    await user.open("/health")

    await user.should_see("No model yet")
    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_health_of_an_unusable_model_says_what_to_do(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    good = trained.regression.version
    await services.models.activate(str(good))
    folder = services.models.store.folder
    pointer, damaged = (folder / "active.json").read_bytes(), folder / "versions" / "700"
    damaged.mkdir()
    (folder / "active.json").write_bytes(b'{"version": 700}')
    await services.prediction.refresh()
    try:
        await user.open("/health")
    finally:
        (folder / "active.json").write_bytes(pointer)
        damaged.rmdir()
        await services.prediction.refresh()

    await user.should_see(f"Model {good} answers in place of the active one.")
    await user.should_see("its active model cannot be used")
    await user.should_see(marker="go-models")
    caplog.clear()  # The log of the unusable model.


async def test_health_warns_of_a_read_only_store(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))

    with full_disk():
        await user.open("/health")

    await user.should_see("File too large")
