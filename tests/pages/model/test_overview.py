"""Overview page."""

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import Job, Submission
from mlapp.services import Services
from tests.pages.conftest import TrainedVersions, eventually, one


def count(user: User, marker: str) -> int:
    return int(one(user, marker).text.replace(",", ""))


async def test_overview_shows_target_and_quality_of_the_active_model(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))

    await user.open("/")

    await user.should_see(f"Model {trained.regression.version} predicts time_for_failure from 6 features")
    await user.should_see("On held-out rows")


async def test_overview_shows_the_baseline_of_a_classification(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))

    await user.open("/")

    await user.should_see("most frequent class gives 39.9%")


async def test_overview_links_to_the_predict_page(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")

    user.find(marker="go-predict").click()

    await user.should_see("Change the values")


@pytest.mark.usefixtures("no_active")
async def test_overview_without_a_model_links_to_training(user: User):
    await user.open("/")
    await user.should_see("No model yet")

    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


@pytest.mark.usefixtures("no_active")
async def test_overview_shows_the_first_model_once_it_is_trained(user: User, services: Services):
    options = {"estimator": "linear", "note": "the first of all"}
    job = await services.training.submit(Submission(dataset="diabetes", options=options))

    await user.open("/")

    await user.should_see("The first model is being trained")
    await user.should_see("the first of all")
    # The page shows the model before its job has ended.
    assert [state async for state in services.jobs.follow(job.id)][-1].version


async def test_overview_shows_a_verdict_and_since_when_the_model_is_active(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))

    await user.open("/")

    await user.should_see(content="of 100 cases", marker="verdict")
    await user.should_see("Active since")
    await user.should_see(content=f"Model {trained.classification.version} answers.", marker="health-line")


async def test_overview_shows_no_verdict_for_a_model_no_better_than_its_baseline(
    user: User, services: Services, trained: TrainedVersions
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


async def test_overview_without_activation_history_shows_no_date(
    user: User, services: Services, trained: TrainedVersions
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
    await user.should_not_see("Active since")


async def test_overview_follows_the_active_model(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")

    await services.models.activate(str(trained.classification.version))

    await user.should_see(f"Model {trained.classification.version} predicts cultivar")
    await user.should_not_see("predicts time_for_failure from 6 features")


async def test_overview_counts_requested_rows(
    user: User, services: Services, http: httpx.AsyncClient, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")
    before = count(user, "hour-rows")
    row = {feature.name: feature.example for feature in trained.regression.features}

    await http.post("/predict", json={"records": [row, row]})

    await eventually(lambda: count(user, "hour-rows") >= before + 2, timeout_s=30)


async def test_overview_updates_a_running_training(
    user: User, services: Services, endless: Job, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/")
    await user.should_see(f"Training {endless.id}")

    await services.jobs.cancel(endless.id)

    await user.should_see("The training was cancelled.")


@pytest.mark.usefixtures("no_active")
async def test_overview_follows_the_first_training_until_it_is_cancelled(user: User, services: Services, endless: Job):
    await user.open("/")
    await user.should_see(content="fold 1 of 5", marker="stage", retries=200)

    await services.jobs.cancel(endless.id)

    await user.should_see("No model yet")


async def test_unknown_page_is_not_found(user: User):
    answer = await user.http_client.get("/nope")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
