"""The result of a training on the Train page."""

import asyncio

import pytest
from nicegui.testing import User

from mlapp.schemas import Submission, VersionInfo
from mlapp.services import Services
from pages.components.training.result import TrainingResult
from pages.session.site import Site
from tests.pages.conftest import TrainedVersions

pytestmark = pytest.mark.slow


async def test_train_says_that_the_model_of_a_job_was_deleted(user: User, services: Services):
    options = {"estimator": "linear", "activate": False}
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await services.models.delete(str(model.version))

    await user.open(f"/train?job={job.id}")

    await user.should_see(f"Model {model.version} was trained but has since been deleted.")


@pytest.fixture
async def inactive(user: User, services: Services, trained: TrainedVersions) -> VersionInfo:
    """An inactive model, on the page of its training."""
    options = {"estimator": "linear", "activate": False}
    await services.models.activate(str(trained.classification.version))
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await user.open(f"/train?job={job.id}")
    await user.should_see(f"Model {model.version} is trained.")
    return model


async def test_result_links_to_the_model(user: User, inactive: VersionInfo):
    user.find("Details").click()

    await user.should_see("Activation history")


async def test_result_activates_an_inactive_model(user: User, services: Services, inactive: VersionInfo):
    user.find(marker="activate-it").click()

    await user.should_see(f"Model {inactive.version} is trained and active.")
    await user.should_not_see(marker="discard")
    assert (await services.models.get("active")).version == inactive.version


async def test_result_discards_a_model_after_confirmation(user: User, services: Services, inactive: VersionInfo):
    user.find(marker="discard").click()
    await user.should_see("It will be deleted permanently.")
    assert (await services.models.get("latest")).version == inactive.version
    user.find(marker="confirm").click()

    await user.should_see(f"Model {inactive.version} was trained but has since been deleted.")
    await user.should_not_see(marker="plots")


async def test_result_follows_an_activation_elsewhere(user: User, services: Services, inactive: VersionInfo):
    await services.models.activate(str(inactive.version))

    await user.should_see("is trained and active.")


async def test_result_says_why_a_model_cannot_be_discarded(user: User, services: Services, inactive: VersionInfo):
    user.find(marker="discard").click()
    await services.models.activate(str(inactive.version))

    user.find(marker="confirm").click()

    await user.should_see(f"Model {inactive.version} is active")


async def test_result_says_why_a_model_cannot_be_activated(user: User, services: Services, inactive: VersionInfo):
    (services.models.store.folder / "versions" / str(inactive.version) / "model.joblib").write_bytes(b"")

    user.find(marker="activate-it").click()

    await user.should_see(f"The file of model {inactive.version} is damaged")
    await services.models.delete(str(inactive.version))


async def test_result_shows_the_plots_of_the_model(user: User, services: Services):
    job = await services.training.submit(Submission(dataset="machines", options={"estimator": "linear"}))

    await user.open(f"/train?job={job.id}")

    await user.should_see("Predicted and actual")
    await user.should_see("Feature importance")


async def test_result_cleared_during_an_update_stays_cleared(user: User, site: Site, trained: TrainedVersions):
    await user.open("/train")
    with user:
        result = TrainingResult(site)
        await result.show(trained.regression.version)
    await user.should_see(marker="result-heading")

    site.live.models_changed.emit()
    await asyncio.sleep(0)
    result.clear()
    site.live.models_changed.emit()

    await user.should_not_see(marker="result-heading")


async def test_result_cleared_while_loading_is_not_shown(user: User, site: Site, trained: TrainedVersions):
    await user.open("/train")
    with user:
        result = TrainingResult(site)
        showing = asyncio.create_task(result.show(trained.regression.version))
    await asyncio.sleep(0)

    result.clear()
    await showing

    await user.should_not_see(marker="result")
