"""JobService, with work that ends on an event; other processes are other services on the same folder."""

import asyncio
import logging
from typing import NoReturn

import pytest

from mlapp.errors import Conflict, MlappError, NotFound, TooManyTrainings, Unacceptable, Unavailable
from mlapp.schemas import Job, JobStatus, VersionInfo
from mlapp.services.jobs.run import Run
from mlapp.services.jobs.service import JobService
from mlapp.store import JobStore
from tests.services.conftest import eventually
from tests.services.disk import forbidden, full_disk
from tests.store.conftest import INFO, job


async def made(_: Run) -> VersionInfo:
    return INFO


async def endless(_: Run) -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError


async def rejected(_: Run) -> NoReturn:
    raise Unacceptable("There is no column 'grape'.")


class Pending:
    """Work that ends on an event."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def __call__(self, _: Run) -> VersionInfo:
        await self.end.wait()
        return INFO


def another(jobs: JobService) -> JobService:
    """The same jobs, as another server sees them."""
    return JobService(JobStore(jobs.store.folder.parent))


async def ended(run: Run) -> Job:
    assert run.task
    await run.task
    return run.job


async def start_all(jobs: JobService, count: int) -> list[Run]:
    return [await jobs.start("wine", endless) for _ in range(count)]


async def test_job_with_a_model_succeeds(jobs: JobService):
    run = await jobs.start("wine", made)

    assert await jobs.result(run) is INFO

    found = await jobs.job(1)
    assert (found.id, found.status, found.stage, found.progress, found.version) == (
        1,
        JobStatus.SUCCEEDED,
        "Done",
        1,
        7,
    )
    assert found.started_at
    assert found.finished_at
    assert found.created_at <= found.started_at <= found.finished_at
    assert (found.table, found.error, found.remaining_s) == ("wine", None, None)


async def test_job_with_an_invalid_option_fails_with_the_reason(jobs: JobService):
    run = await jobs.start("wine", rejected)

    with pytest.raises(Unacceptable, match="There is no column 'grape'."):
        await jobs.result(run)

    found = await jobs.job(1)
    assert (found.status, found.error, found.version) == (JobStatus.FAILED, "There is no column 'grape'.", None)


async def test_job_that_hits_a_bug_fails_and_the_bug_is_logged(jobs: JobService, caplog: pytest.LogCaptureFixture):
    async def buggy(_: Run) -> VersionInfo:
        raise TypeError("a screw is loose")

    run = await jobs.start("wine", buggy)

    with pytest.raises(MlappError, match="internal error") as failed:
        await jobs.result(run)
    assert (failed.value.status, (await jobs.job(1)).status) == (500, JobStatus.FAILED)
    assert "Training 1 failed" in caplog.text
    assert "a screw is loose" in caplog.text


async def test_jobs_survive_a_restart(jobs: JobService):
    for work in (made, rejected):
        await ended(await jobs.start("wine", work))

    remembered = await another(jobs).jobs()

    assert remembered == await jobs.jobs()
    assert [(each.id, each.status) for each in remembered] == [(2, JobStatus.FAILED), (1, JobStatus.SUCCEEDED)]


async def test_job_continues_when_its_client_disconnects(jobs: JobService):
    work = Pending()
    run = await jobs.start("wine", work)
    client = asyncio.create_task(jobs.result(run))
    await asyncio.sleep(0)

    client.cancel()
    work.end.set()

    assert (await ended(run)).status is JobStatus.SUCCEEDED
    assert client.cancelled()


async def test_up_to_max_jobs_run_at_a_time(jobs: JobService):
    two = JobService(jobs.store, max_jobs=2)

    await start_all(two, 3)

    assert [each.status for each in await two.jobs()] == [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.RUNNING]
    await two.close()


async def test_queue_holds_eight_jobs(jobs: JobService):
    await start_all(jobs, 9)

    with pytest.raises(TooManyTrainings, match="8 trainings"):
        await jobs.start("wine", made)

    assert [each.queue_position for each in await jobs.jobs()] == [8, 7, 6, 5, 4, 3, 2, 1, None]
    assert (await jobs.job(9)).stage == "Waiting for its turn"


async def test_concurrent_starts_do_not_both_take_the_last_slot(jobs: JobService):
    await start_all(jobs, 8)

    came = await asyncio.gather(*[jobs.start("wine", endless) for _ in range(2)], return_exceptions=True)

    assert {type(each) for each in came} == {Run, TooManyTrainings}


async def test_queued_jobs_move_up(jobs: JobService):
    work = Pending()
    await jobs.start("wine", work)
    _, second, third = await start_all(jobs, 3)
    assert (second.job.queue_position, third.job.queue_position) == (2, 3)

    work.end.set()
    await eventually(lambda: third.job.queue_position == 2)
    await jobs.cancel(second.job.id)

    assert third.job.queue_position == 1


async def test_cancel_of_a_running_job_starts_the_next_one(jobs: JobService):
    run = await jobs.start("wine", endless)
    following = await jobs.start("wine", made)
    waiting = asyncio.create_task(jobs.result(run))

    found = await jobs.cancel("1")

    assert (found.status, found.error, found.version) == (JobStatus.CANCELLED, "The training was cancelled.", None)
    with pytest.raises(Conflict, match="The training was cancelled."):
        await waiting
    assert await jobs.result(following) is INFO


async def test_cancel_of_a_queued_job_releases_its_slot(jobs: JobService):
    await start_all(jobs, 9)

    found = await jobs.cancel(5)

    assert (found.status, found.started_at, found.queue_position) == (JobStatus.CANCELLED, None, None)
    (run,) = await start_all(jobs, 1)
    assert run.job.queue_position == 8


async def test_cancel_of_an_ended_job_is_a_conflict(jobs: JobService):
    await jobs.result(await jobs.start("wine", made))

    with pytest.raises(Conflict, match="Training 1 has ended already: it is succeeded."):
        await jobs.cancel(1)


async def test_cancel_while_the_model_is_being_stored_is_too_late(jobs: JobService):
    work = Pending()

    async def storing(run: Run) -> VersionInfo:
        run.committed = True
        return await work(run)

    run = await jobs.start("wine", storing)
    cancelling = asyncio.create_task(jobs.cancel(1))
    await asyncio.sleep(0)
    work.end.set()

    with pytest.raises(Conflict, match="Training 1 has ended already: it is succeeded."):
        await cancelling
    assert await jobs.result(run) is INFO


async def test_job_is_followed_and_cancelled_by_another_server(jobs: JobService):
    run = await jobs.start("wine", endless)
    other = another(jobs)

    async with asyncio.timeout(30):
        while (await other.job(1)).status is not JobStatus.RUNNING:
            await asyncio.sleep(0.01)
        found = await other.cancel(1)

    assert found.status is run.job.status is JobStatus.CANCELLED
    assert found.error == "The training was cancelled."


@pytest.mark.parametrize("name", ["0", "01", "１", "abc", "-1", "2"])
async def test_job_that_is_not_there_is_not_found(jobs: JobService, name: str):
    await jobs.start("wine", endless)

    for call in (jobs.job(name), jobs.cancel(name), anext(jobs.follow(name))):
        with pytest.raises(NotFound, match="There is no such training"):
            await call


async def test_cancel_of_an_unresponsive_server_is_unavailable(jobs: JobService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.service.CANCEL_TIMEOUT_S", 0.05)
    stuck = another(jobs).store
    stuck.save(job(stuck.open()))

    with pytest.raises(Unavailable, match="Training 1 did not stop"):
        await jobs.cancel(1)


async def test_close_interrupts_running_and_queued_jobs(jobs: JobService):
    runs = await start_all(jobs, 3)
    waiting = asyncio.create_task(jobs.result(runs[0]))

    await jobs.close()

    assert {(each.status, each.error) for each in await jobs.jobs()} == {
        (JobStatus.INTERRUPTED, "The server was shut down; train again in a moment.")
    }
    assert await another(jobs).jobs() == await jobs.jobs()
    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable, match="The server was shut down; train again in a moment."):
        await jobs.start("wine", endless)


@pytest.mark.parametrize("moments", [1, 2, 5])
async def test_close_while_a_job_is_being_started_interrupts_it(jobs: JobService, moments: int):
    starting = asyncio.create_task(jobs.start("wine", endless))
    for _ in range(moments):
        await asyncio.sleep(0)

    await jobs.close()

    assert (await starting).job.status is JobStatus.INTERRUPTED


async def test_cancel_while_a_job_is_being_started_ends_it(jobs: JobService):
    starting = asyncio.create_task(jobs.start("wine", endless))
    while not await jobs.jobs():
        assert not starting.done()

    found = await jobs.cancel(1)

    assert found.status is (await starting).job.status is JobStatus.CANCELLED


async def test_start_on_a_full_disk_is_unavailable_and_leaves_nothing(jobs: JobService):
    with full_disk(100), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\)"):
        await jobs.start("wine", made)

    assert (await jobs.jobs(), list(jobs.store.folder.iterdir())) == ([], [])
    assert await jobs.result(await jobs.start("wine", made)) is INFO


async def test_job_that_ends_on_a_full_disk_has_ended(jobs: JobService):
    work = Pending()
    run = await jobs.start("wine", work)

    with full_disk(100):
        work.end.set()
        assert await jobs.result(run) is INFO

    assert (await jobs.job(1)).status is JobStatus.SUCCEEDED


async def test_follow_yields_every_change_until_the_end(jobs: JobService):
    work = Pending()

    async def in_steps(run: Run) -> VersionInfo:
        run.job.progress = 0.3
        return await work(run)

    seen = []
    async for now in jobs.follow((await jobs.start("wine", in_steps)).job.id):
        seen.append((now.status, now.progress))
        work.end.set()

    assert seen == [(JobStatus.RUNNING, 0.3), (JobStatus.SUCCEEDED, 1)]


async def test_oldest_jobs_are_pruned(jobs: JobService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.service.KEPT_JOBS", 2)
    for _ in range(3):
        await jobs.result(await jobs.start("wine", made))

    await start_all(jobs, 1)

    assert [each.id for each in await jobs.jobs()] == [4, 3]


async def test_sync_restarts_after_an_idle_time(jobs: JobService):
    await ended(await jobs.start("wine", made))
    task = jobs._sync.task
    await eventually(lambda: task and task.done())

    run = await jobs.start("wine", endless)
    await another(jobs).cancel(run.job.id)

    assert (await ended(run)).status is JobStatus.CANCELLED


async def test_sync_recovers_from_an_unreadable_store(jobs: JobService, caplog: pytest.LogCaptureFixture):
    run = await jobs.start("wine", endless)

    with forbidden(jobs.store.folder):
        await eventually(lambda: run.outage.failures > 2)
    await another(jobs).cancel(run.job.id)

    assert (await ended(run)).status is JobStatus.CANCELLED
    # Apps of other tests may follow their stores meanwhile.
    mine = [record for record in caplog.records if record.name == "mlapp.services.jobs.run"]
    assert [record.levelno for record in mine if "Permission denied" in record.message] == [logging.ERROR]


async def test_failing_sync_is_logged_once_and_the_job_can_be_cancelled(
    jobs: JobService, caplog: pytest.LogCaptureFixture
):
    run = await jobs.start("wine", endless)

    with full_disk(0):
        run.job.progress = 0.5
        await eventually(lambda: run.outage.failures > 2)
        another(jobs).store.request_cancel(run.job.id)
        assert (await ended(run)).status is JobStatus.CANCELLED

    assert caplog.text.count("cannot be written") == caplog.text.count("cannot be synced") == 1


async def test_job_that_ends_while_the_store_is_unreadable_has_ended(jobs: JobService):
    work = Pending()
    run = await jobs.start("wine", work)

    with forbidden(jobs.store.folder):
        work.end.set()
        assert await jobs.result(run) is INFO

    assert (await jobs.job(1)).status is JobStatus.SUCCEEDED
