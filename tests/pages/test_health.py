"""Health."""

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from pages.health import REFRESH_S
from tests.pages.conftest import Trained, eventually, one
from tests.services.disk import full_disk


async def test_health_shows_status_message_and_facts(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    await user.open("/health")

    await user.should_see(content="healthy", marker="status")
    await user.should_see(f"Model {trained.regression.version} answers.")
    await user.should_see("Facts")
    await user.should_see(str(services.models.store.folder))
    await user.should_not_see(marker="go-train")


async def test_health_is_brought_up_to_date_in_place(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/health")
    message = one(user, "message")
    shown = [label for label in user.find(kind=ui.label).elements if label.text.endswith(" s")]
    before = [label.text for label in shown]
    await eventually(lambda: [label.text for label in shown] != before, patience_s=4 * REFRESH_S)

    await services.models.activate(str(trained.classification.version))

    expected = f"Model {trained.classification.version} answers."
    await eventually(lambda: message.text == expected, patience_s=4 * REFRESH_S)


@pytest.mark.usefixtures("no_active")
async def test_health_without_a_model_leads_to_training(user: User):
    await user.open("/health")

    await user.should_see("There is no model yet")
    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_health_of_a_model_that_cannot_answer_says_what_to_do(
    user: User, services: Services, trained: Trained, caplog: pytest.LogCaptureFixture
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

    await user.should_see(f"Model {good} answers in place of the active one. There is no model 700")
    await user.should_see("its active model does not answer")
    await user.should_see(marker="go-models")
    caplog.clear()  # What was logged of it is no error of the page.


async def test_health_complains_of_a_store_that_cannot_be_written(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    with full_disk():
        await user.open("/health")

    await user.should_see("The store cannot be written (File too large)")
