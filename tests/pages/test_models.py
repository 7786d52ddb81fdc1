"""Models."""

from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from mlapp.schemas import Submission
from mlapp.services import Services
from tests.pages.conftest import Trained


async def spare(services: Services) -> int:
    """Train a version that is not active."""
    options = {"estimator": "linear", "activate": False, "note": "a spare one"}
    return (await services.training.train(Submission(dataset="wine", options=options))).version


async def test_models_lists_versions_and_marks_the_active_one(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    await user.open("/models")

    await user.should_see("time_for_failure · linear")
    await user.should_see(content="active", marker="active")
    await user.should_not_see(marker=f"delete-{trained.regression.version}")


async def test_models_activates_a_version_after_asking(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker=f"activate-{trained.classification.version}").click()
    await user.should_see(f"Let model {trained.classification.version} answer from now on?")
    confirm(user, "Activate")

    await user.should_see(f"Model {trained.classification.version} answers from now on.", retries=50)
    assert (await services.models.list()).active == trained.classification.version


async def test_models_rolls_back(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker="rollback").click()
    confirm(user, "Roll back")

    await user.should_see("The model that was active before answers again.", retries=50)
    assert (await services.models.list()).active == trained.classification.version


async def test_models_deletes_a_version_for_good(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    await user.should_see("a spare one")

    user.find(marker=f"delete-{version}").click()
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is deleted.", retries=50)
    await user.should_not_see(marker=f"model-{version}")


async def test_models_says_why_a_version_cannot_be_deleted(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    await services.models.activate(str(version))

    user.find(marker=f"delete-{version}").click()
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is active; activate another one first.", retries=50)


async def test_models_page_of_a_version_shows_what_it_expects_and_how_it_was_made(user: User, trained: Trained):
    await user.open(f"/models/{trained.regression.version}")

    await user.should_see("It predicts time_for_failure from 6 features.")
    await user.should_see("Estimators compared")


async def test_models_page_of_an_unknown_version_is_not_found(user: User):
    answer = await user.http_client.get("/models/99999")

    assert answer.status_code == 404
    assert "There is no model 99999" in answer.text


def confirm(user: User, action: str) -> None:
    """Press the button of the dialog that is open."""
    (dialog,) = [dialog for dialog in user.find(kind=ui.dialog).elements if dialog.value]
    (button,) = [
        button
        for button in user.find(marker="confirm").elements
        if isinstance(button, ui.button) and button.text == action and dialog in button.ancestors()
    ]
    UserInteraction(user, {button}, None).click()


@pytest.fixture
async def empty_store(services: Services, no_active: None) -> AsyncIterator[None]:
    """The store without any version."""
    versions = services.models.store.folder / "versions"
    versions.rename(versions.with_suffix(".aside"))
    versions.mkdir()
    yield
    versions.rmdir()
    versions.with_suffix(".aside").rename(versions)


@pytest.mark.usefixtures("empty_store")
async def test_models_without_any_leads_to_training(user: User):
    await user.open("/models")
    await user.should_see("There is no model yet.")

    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_models_marks_a_version_trained_under_another_scikit_learn(user: User, services: Services):
    version = await spare(services)
    store = services.models.store
    record = store.record(version)
    other = record.model_copy(update={"library_versions": record.library_versions | {"scikit-learn": "0.1.0"}})
    old = store.add(store.file(version), other)

    await user.open("/models")

    await user.should_see(content="other library version", marker="unusable")
    store.delete(old)
