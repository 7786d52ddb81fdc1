"""Jobs pages: the list, one job, cancelling."""

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


async def finished(services: Services, job: Job) -> Job:
    *_, last = [now async for now in services.jobs.follow(job.id)]
    return last


@pytest.fixture
def no_jobs(services: Services) -> Iterator[None]:
    """Run with a store that has no jobs."""
    folder = services.jobs.store.folder
    aside = folder.with_name("aside")
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    yield
    aside.rename(folder)


@pytest.fixture
def many_jobs(services: Services, no_jobs: None) -> Iterator[list[int]]:
    """More failed trainings than a page of the list shows; newest first."""
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
    await user.should_see("No trainings yet")

    user.find(marker="go-train").click()

    await user.should_see("Choose a table and the column to predict")


async def test_jobs_are_filtered_by_status(user: User, services: Services, many_jobs: list[int]):
    job = await finished(services, await services.training.submit(WINE))
    cancelled = [other for other in await services.jobs.jobs() if other.status is JobStatus.CANCELLED]
    await user.open("/jobs")
    await user.should_see(marker=f"made-{job.id}")

    with user:
        one(user, marker="filter").set_value("cancelled")

    await user.should_not_see(marker=f"job-{job.id}")
    await user.should_see(f"{len(cancelled)} training")


async def test_jobs_are_filtered_by_model(user: User, services: Services, many_jobs: list[int]):
    job = await finished(services, await services.training.submit(WINE))
    named = WINE.model_copy(update={"options": WINE.options | {"model": "barrels"}})
    other = await finished(services, await services.training.submit(named))
    await user.open("/jobs")
    await user.should_see(content=f"barrels, version {other.version}", marker=f"made-{other.id}")

    with user:
        one(user, marker="model-filter").set_value("barrels")

    await user.should_not_see(marker=f"job-{job.id}")
    await user.should_see("1 training")


async def test_jobs_of_the_model_in_the_address_are_shown(user: User, services: Services):
    job = await finished(services, await services.training.submit(WINE))

    await user.open("/jobs?model=unknown")

    await user.should_see("0 trainings")
    await user.should_not_see(marker=f"job-{job.id}")


async def test_jobs_are_paged(user: User, services: Services, many_jobs: list[int]):
    newest, oldest = many_jobs[0], many_jobs[-1]
    await user.open("/jobs")
    await user.should_see(marker=f"job-{newest}")
    await user.should_not_see(marker=f"job-{oldest}")

    with user:
        one(user, marker="pages").set_value(2)

    await user.should_see(marker=f"job-{oldest}")
    await user.should_not_see(marker=f"job-{newest}")


async def test_filter_of_jobs_goes_to_the_first_page(user: User, many_jobs: list[int]):
    await user.open("/jobs")
    with user:
        one(user, marker="pages").set_value(2)

        one(user, marker="filter").set_value("failed")

    await user.should_see(marker=f"job-{many_jobs[0]}")


async def test_jobs_show_a_training_started_elsewhere_until_it_ends(user: User, services: Services):
    await user.open("/jobs")

    job = await services.training.submit(WINE)

    await user.should_see(marker=f"job-{job.id}")
    await user.should_see("cultivar from wine, 178 rows × 14 columns")
    job = await finished(services, job)
    await user.should_see(marker=f"made-{job.id}")
    assert not one(user, marker=f"job-{job.id}").is_deleted
    await user.should_not_see(marker=f"cancel-{job.id}")


async def test_job_cancelled_by_one_user_is_cancelled_for_the_other(app: FastAPI, endless: Job):
    async with visiting(app) as first, visiting(app) as other:
        for user in (first, other):
            await user.open("/jobs")
            await user.should_see("part 1 of 5")

        first.find(marker=f"cancel-{endless.id}").click()
        await first.should_see(f"Cancel training {endless.id}?")
        assert endless.status is JobStatus.RUNNING
        first.find(marker="confirm").click()

        for user in (first, other):
            await user.should_not_see(marker=f"cancel-{endless.id}")
            await user.should_see("The training was cancelled.")


async def test_cancelling_a_finished_job_shows_the_error(user: User, services: Services, endless: Job):
    await user.open("/jobs")
    user.find(marker=f"cancel-{endless.id}").click()
    await user.should_see("Its progress will be lost.")

    await services.jobs.cancel(endless.id)
    user.find(marker="confirm").click()

    await user.should_see(f"Training {endless.id} has")


async def test_job_page_links_to_its_version(user: User, services: Services):
    job = await finished(services, await services.training.submit(WINE))
    await user.open(f"/jobs/{job.id}")
    await user.should_see(f"Training {job.id}")
    await user.should_see(content=f"wine, version {job.version}", marker=f"made-{job.id}")

    user.find(marker="made").click()

    await user.should_see(marker="tab-versions")
    assert one(user, "tab-versions").props["href"] == "/models/wine/versions"


async def test_job_page_follows_a_job_to_its_end(user: User, services: Services, endless: Job):
    await user.open(f"/jobs/{endless.id}")
    await user.should_see("part 1 of 5")
    await user.should_not_see(marker="again")

    await services.jobs.cancel(endless.id)

    await user.should_see("The training was cancelled.")
    await user.should_see(marker="again")
    user.find(marker="again").click()
    await user.should_see("Choose a table and the column to predict")


async def test_job_page_shows_the_position_in_the_queue(user: User, services: Services, endless: Job):
    waiting = await services.training.submit(WINE)

    await user.open(f"/jobs/{waiting.id}")

    await user.should_see("number 1 in the queue")
    await services.jobs.cancel(waiting.id)


async def test_job_page_shows_the_size_of_the_table_once_it_is_read(user: User, services: Services, endless: Job):
    job = await services.training.submit(WINE)
    await user.open(f"/jobs/{job.id}")
    await user.should_see(marker="facts")
    await user.should_see("wine")
    await user.should_not_see("wine, 178 rows × 14 columns")

    await services.jobs.cancel(endless.id)

    await user.should_see(content="wine, version", marker=f"made-{job.id}")
    await user.should_see("wine, 178 rows × 14 columns")


@pytest.mark.parametrize("name", ["nope", "0", "999999", "01", "+1", "1%20", "1_0", "%D9%A1", "%EF%BC%91", "9" * 30])
async def test_unknown_job_is_not_found(user: User, name: str):
    answer = await user.http_client.get(f"/jobs/{name}")

    assert answer.status_code == 404
    assert "There is no such training" in answer.text


async def test_train_again_opens_the_same_bundled_table(user: User, services: Services):
    job = await finished(services, await services.training.submit(WINE))
    await user.open(f"/jobs/{job.id}")

    await user.should_see(marker="again")
    user.find(marker="again").click()

    await user.should_see("178 rows, 14 columns")
    assert one(user, "estimator").value == "linear"


async def test_train_again_without_the_file_asks_to_upload_it(user: User, services: Services, tmp_path: Path):
    file = tmp_path / "few.csv"
    file.write_text("x,y\n1,2\n3,4\n")
    sent = Submission(path=str(file), format=Format.CSV, name="few.csv", options={"target": "y"})
    job = await finished(services, await services.training.submit(sent))
    await user.open(f"/jobs/{job.id}")
    await user.should_see("Only 2 rows")
    await user.should_see(marker="again")

    user.find(marker="again").click()

    await user.should_see("upload it again to train on it")
    await user.should_not_see(marker="size")
