"""Overview."""

import pytest
from nicegui.testing import User

from mlapp.schemas import Submission
from mlapp.services import Services
from tests.pages.conftest import Trained


async def test_overview_says_what_the_active_model_predicts_and_how_well(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.regression.version))

    await user.open("/")

    await user.should_see(f"Model {trained.regression.version} predicts time_for_failure from 6 features")
    await user.should_see("On rows it had not seen, it is off by")


async def test_overview_says_how_often_a_classification_is_right(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))

    await user.open("/")

    await user.should_see("Always answering the most frequent class would be right 39.9 % of the time.")


async def test_overview_leads_to_the_predict_page(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")

    user.find(marker="go-predict").click()

    await user.should_see("Change the values; the answer follows.")


@pytest.mark.usefixtures("no_active")
async def test_overview_without_a_model_leads_to_training(user: User):
    await user.open("/")
    await user.should_see("There is no model yet")

    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


@pytest.mark.usefixtures("no_active")
async def test_overview_shows_the_first_model_once_it_is_trained(user: User, services: Services):
    options = {"estimator": "linear", "note": "the first of all"}
    job = await services.training.submit(Submission(dataset="diabetes", options=options))

    await user.open("/")

    await user.should_see("The first model is being trained")
    await user.should_see("the first of all", retries=100)
    assert (await services.jobs.job(job.id)).version


async def test_a_page_that_does_not_exist_says_so(user: User):
    answer = await user.http_client.get("/nope")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
