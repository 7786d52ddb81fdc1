"""Jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from nicegui.testing import User

from mlapp.schemas import Format, Job, JobStatus, Submission
from mlapp.services import Services
from pages.jobs import PAGE_JOBS
from tests.pages.conftest import one, visiting
from tests.store.conftest import ended as job_that_ended

pytestmark = pytest.mark.slow

WINE = Submission(dataset="wine", options={"estimator": "linear"})


async def ended(services: Services, job: Job) -> Job:
    *_, last = [now async for now in services.jobs.follow(job.id)]
    return last


@pytest.fixture
def no_jobs(services: Services) -> Iterator[None]:
    """The store without jobs, as at the very start."""
    folder = services.jobs.store.folder
    aside = folder.with_name("aside")
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    yield
    aside.rename(folder)


@pytest.fixture
def many_jobs(services: Services, no_jobs: None) -> Iterator[list[int]]:
    """More trainings than a page of the list shows, all failed; newest first."""
    history = services.jobs.store
    numbers = [history.open() for _ in range(PAGE_JOBS + 1)]
    for number in numbers:
        history.save(job_that_ended(number, status=JobStatus.FAILED, version=None, error="No."), durable=False)
        history.close(number)
    yield numbers[::-1]
    history.prune(0)


@pytest.mark.usefixtures("no_jobs")
async def test_jobs_without_any_lead_to_training(user: User):
    await user.open("/jobs")
    await user.should_see("Nothing has been trained yet.")

    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_jobs_can_be_narrowed_to_some(user: User, services: Services):
    job = await ended(services, await services.training.submit(WINE))
    cancelled = [other for other in await services.jobs.jobs() if other.status is JobStatus.CANCELLED]
    await user.open("/jobs")
    await user.should_see(marker=f"made-{job.id}")

    with user:
        one(user, marker="kind").set_value("cancelled")

    await user.should_not_see(marker=f"job-{job.id}")
    await user.should_see(f"{len(cancelled)} training")


async def test_jobs_are_shown_a_page_at_a_time(user: User, services: Services, many_jobs: list[int]):
    newest, oldest = many_jobs[0], many_jobs[-1]
    await user.open("/jobs")
    await user.should_see(marker=f"job-{newest}")
    await user.should_not_see(marker=f"job-{oldest}")

    with user:
        one(user, marker="pages").set_value(2)

    await user.should_see(marker=f"job-{oldest}")
    await user.should_not_see(marker=f"job-{newest}")


async def test_jobs_go_back_to_the_first_page_when_they_are_narrowed(user: User, many_jobs: list[int]):
    await user.open("/jobs")
    with user:
        one(user, marker="pages").set_value(2)

        one(user, marker="kind").set_value("failed")

    await user.should_see(marker=f"job-{many_jobs[0]}")


async def test_jobs_show_what_is_trained_elsewhere_as_it_goes(user: User, services: Services):
    await user.open("/jobs")

    job = await services.training.submit(WINE)

    await user.should_see(marker=f"job-{job.id}")
    await user.should_see("cultivar from wine, 178 rows × 14 columns")
    job = await ended(services, job)
    await user.should_see(f"Trained model {job.version} in")
    assert not one(user, marker=f"job-{job.id}").is_deleted
    await user.should_not_see(marker=f"cancel-{job.id}")


async def test_job_that_one_visitor_ends_has_ended_for_the_other(app: FastAPI, endless: Job):
    async with visiting(app) as one_visitor, visiting(app) as other:
        for visitor in (one_visitor, other):
            await visitor.open("/jobs")
            await visitor.should_see("Evaluating endless: fold 1 of 5")

        one_visitor.find(marker=f"cancel-{endless.id}").click()
        await one_visitor.should_see(f"End training {endless.id}? What it has found so far is lost.")
        assert endless.status is JobStatus.RUNNING
        one_visitor.find(marker="confirm").click()

        for visitor in (one_visitor, other):
            await visitor.should_not_see(marker=f"cancel-{endless.id}")
            await visitor.should_see("The training was cancelled.")


async def test_job_that_ended_before_it_could_be_cancelled_says_so(user: User, services: Services, endless: Job):
    await user.open("/jobs")
    user.find(marker=f"cancel-{endless.id}").click()
    await user.should_see("What it has found so far is lost.")

    await services.jobs.cancel(endless.id)
    user.find(marker="confirm").click()

    await user.should_see(f"Training {endless.id} has ended already: it is cancelled.")


async def test_job_page_tells_what_it_was_about_and_leads_to_its_model(user: User, services: Services):
    job = await ended(services, await services.training.submit(WINE))
    await user.open(f"/jobs/{job.id}")
    await user.should_see(f"Training {job.id}")
    await user.should_see(f"Model {job.version}")

    user.find(marker=f"go-models-{job.version}").click()

    await user.should_see("How it was made")


async def test_job_page_follows_a_job_to_its_end(user: User, services: Services, endless: Job):
    await user.open(f"/jobs/{endless.id}")
    await user.should_see("Evaluating endless: fold 1 of 5")
    await user.should_not_see(marker="again")

    await services.jobs.cancel(endless.id)

    await user.should_see("The training was cancelled.")
    await user.should_see(marker="again")
    user.find(marker="again").click()
    await user.should_see("Choose a table and the column to predict")


async def test_job_page_shows_a_place_in_the_queue(user: User, services: Services, endless: Job):
    waiting = await services.training.submit(WINE)

    await user.open(f"/jobs/{waiting.id}")

    await user.should_see("Waiting for its turn · number 1 in the queue")
    await services.jobs.cancel(waiting.id)


async def test_job_page_tells_what_is_found_out_about_the_table(user: User, services: Services, endless: Job):
    job = await services.training.submit(WINE)
    await user.open(f"/jobs/{job.id}")
    await user.should_see(marker="facts")
    await user.should_see("wine")
    await user.should_not_see("wine, 178 rows × 14 columns")

    await services.jobs.cancel(endless.id)

    await user.should_see("Trained model")
    await user.should_see("wine, 178 rows × 14 columns")


@pytest.mark.parametrize("name", ["nope", "0", "999999", "01", "+1", "1%20", "1_0", "%D9%A1", "%EF%BC%91", "9" * 30])
async def test_job_that_is_not_there_is_not_found(user: User, name: str):
    answer = await user.http_client.get(f"/jobs/{name}")

    assert answer.status_code == 404
    assert "There is no such training; GET /jobs lists what is remembered." in answer.text


async def test_job_page_leads_to_training_on_the_same_bundled_table(user: User, services: Services):
    job = await ended(services, await services.training.submit(WINE))
    await user.open(f"/jobs/{job.id}")

    await user.should_see(marker="again")
    user.find(marker="again").click()

    await user.should_see("178 rows, 14 columns")
    assert one(user, "estimator").value == "linear"


async def test_job_page_says_why_a_file_could_not_be_trained_on_and_leads_to_another(
    user: User, services: Services, tmp_path: Path
):
    file = tmp_path / "few.csv"
    file.write_text("x,y\n1,2\n3,4\n")
    sent = Submission(path=str(file), format=Format.CSV, name="few.csv", options={"target": "y"})
    job = await ended(services, await services.training.submit(sent))
    await user.open(f"/jobs/{job.id}")
    await user.should_see("Only 2 rows have a target; at least 10 are needed.")
    await user.should_see(marker="again")

    user.find(marker="again").click()

    await user.should_see("The table of this training is not kept for this browser tab; drop it again")
    await user.should_not_see(marker="size")
