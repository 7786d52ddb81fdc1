"""Overview."""

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import Job, Submission
from mlapp.services import Services
from tests.pages.conftest import Trained, eventually, one


def count(user: User, marker: str) -> int:
    return int(one(user, marker).text.replace(",", ""))


async def test_overview_says_what_the_active_model_predicts_and_how_well(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.regression.version))

    await user.open("/")

    await user.should_see(f"Model {trained.regression.version} predicts time_for_failure from 6 features")
    await user.should_see("On held-out rows")


async def test_overview_says_how_often_a_classification_is_right(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))

    await user.open("/")

    await user.should_see("most frequent class gives 39.9%")


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
    await user.should_see("the first of all")
    assert (await services.jobs.job(job.id)).version


async def test_overview_gives_a_verdict_and_says_since_when_it_answers(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.classification.version))

    await user.open("/")

    await user.should_see(content="of 100 cases", marker="verdict")
    await user.should_see("It answers since")
    await user.should_see(content=f"Model {trained.classification.version} answers.", marker="health-line")


async def test_overview_says_once_that_a_model_is_no_better_than_its_baseline(
    user: User, services: Services, trained: Trained
):
    store, model = services.models.store, trained.regression
    worthless = store.record(model.version).model_copy(update={"metrics": model.baseline, "warnings": ["No better."]})
    version = store.add(store.file(model.version), worthless)
    await services.models.activate(str(version))

    await user.open("/")

    await user.should_see("No better.")
    await user.should_not_see(marker="verdict")
    await services.models.activate(str(model.version))
    store.delete(version)


async def test_overview_says_nothing_of_when_a_model_was_activated_that_no_log_tells(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.regression.version))
    log = services.models.store.folder / "history.jsonl"
    text = log.read_bytes()
    log.write_bytes(b"")
    try:
        await user.open("/")
    finally:
        log.write_bytes(text)

    await user.should_see(marker="headline")
    await user.should_not_see("It answers since")


async def test_overview_turns_to_another_model_by_itself(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")

    await services.models.activate(str(trained.classification.version))

    await user.should_see(f"Model {trained.classification.version} predicts cultivar")
    await user.should_not_see("predicts time_for_failure from 6 features")


async def test_overview_counts_what_is_asked(user: User, services: Services, http: httpx.AsyncClient, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")
    before = count(user, "hour-rows")
    row = {feature.name: feature.example for feature in trained.regression.features}

    await http.post("/predict", json={"records": [row, row]})

    await eventually(lambda: count(user, "hour-rows") >= before + 2, patience_s=30)


async def test_overview_shows_a_training_as_it_goes(user: User, services: Services, endless: Job, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")
    await user.should_see(f"Training {endless.id}")

    await services.jobs.cancel(endless.id)

    await user.should_see("The training was cancelled.")


@pytest.mark.usefixtures("no_active")
async def test_overview_follows_the_first_training_and_says_when_it_came_to_nothing(
    user: User, services: Services, endless: Job
):
    await user.open("/")
    await user.should_see(content="fold 1 of 5", marker="stage", retries=200)

    await services.jobs.cancel(endless.id)

    await user.should_see("There is no model yet")


async def test_a_page_that_does_not_exist_says_so(user: User):
    answer = await user.http_client.get("/nope")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
