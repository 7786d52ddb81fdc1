"""JobService: a job queue for trainings, whose jobs any process can follow and cancel."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from mlapp.errors import Conflict, MlappError, TooManyTrainings, Unavailable
from mlapp.schemas import Job, JobStatus, VersionInfo
from mlapp.services.jobs.metrics import TrainingMetrics
from mlapp.services.jobs.run import Run, Work
from mlapp.services.jobs.sync import SYNC_S, JobSync
from mlapp.store import JobStore, parse_number

log = logging.getLogger(__name__)

MAX_QUEUED = 8
"""Jobs that may wait in the queue."""
KEPT_JOBS = 200
"""Retention: the latest jobs that are kept."""
CANCEL_TIMEOUT_S = 5.0
"""How long `cancel` waits for a job to end."""


@dataclass
class JobService:
    """Runs up to `max_jobs` jobs at a time; a job continues when its client disconnects."""

    store: JobStore
    max_jobs: int = 1
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _runs: dict[int, Run] = field(default_factory=dict)
    _closed: bool = False

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.max_jobs)
        self._starting = asyncio.Lock()
        self._sync = JobSync(self.store, self._runs)
        self._metrics = TrainingMetrics(self.registry, self.count)

    async def close(self) -> None:
        """Interrupt all jobs, and accept no more."""
        self._closed = True
        async with self._starting:
            runs = list(self._runs.values())
            for run in runs:
                run.stop(JobStatus.INTERRUPTED)
        await asyncio.gather(*[run.task for run in runs if run.task])
        self._sync.stop()

    async def start(self, table: str, work: Work, model: str | None = None) -> Run:
        """Start a job on a table, or queue it; `model` is to get its version, if known.

        Raises:
            TooManyTrainings: the queue is full.
            Unavailable: the store cannot be written, or the server is shutting down.
        """
        # One at a time, so that no two take the last slot, and no job is stopped before it has a task.
        async with self._starting:
            run = await self._enqueue(table, work, model)
            run.task = asyncio.create_task(self._run(run))
            # Cancelled before its first step, the task could not record why the job ended.
            await asyncio.sleep(0)
        self._sync.start()
        return run

    @property
    def max_in_flight(self) -> int:
        """The limit on jobs that are running or queued."""
        return self.max_jobs + MAX_QUEUED

    def count(self, status: JobStatus) -> int:
        """Return how many jobs of this process are queued, or running."""
        return sum(run.job.status is status for run in list(self._runs.values()))

    def reject_when_full(self) -> None:
        """Reject a training before its table is uploaded.

        Raises:
            TooManyTrainings: the queue is full.
        """
        if len(self._runs) >= self.max_in_flight:
            raise TooManyTrainings(
                f"{MAX_QUEUED} trainings are queued, which is the limit; try again when one has ended."
            )

    async def result(self, run: Run) -> VersionInfo:
        """Wait for the version of a job; the job continues when the caller is cancelled.

        Raises:
            MlappError: the job failed or was stopped.
        """
        info = await asyncio.shield(run.task) if run.task else None
        if info is None:
            raise run.error or AssertionError
        return info

    async def job(self, name: str | int) -> Job:
        """Return the current state of a job.

        Raises:
            NotFound: there is no job with this number.
        """
        run = self._runs.get(parse_number(str(name)) or 0)
        return run.job if run else await asyncio.to_thread(self.store.job, name)

    async def jobs(self) -> list[Job]:
        """Return the jobs of all processes that share the store, newest first."""
        jobs = await asyncio.to_thread(self.store.jobs)
        return [self._runs[job.id].job if job.id in self._runs else job for job in jobs]

    async def follow(self, name: str | int) -> AsyncIterator[Job]:
        """Yield the state of a job, now and after each change, until it has ended.

        Raises:
            NotFound: there is no job with this number.
        """
        seen: Job | None = None
        while seen is None or not seen.finished_at:
            job = (await self.job(name)).model_copy()
            if job != seen:
                yield job
            else:
                await asyncio.sleep(SYNC_S)
            seen = job

    async def cancel(self, name: str | int) -> Job:
        """Cancel a job of any process, and return it when it has ended.

        Raises:
            NotFound: there is no job with this number.
            Conflict: the job ended before it could be cancelled.
            Unavailable: the process that runs it does not respond.
        """
        job = await self.job(name)
        if not job.finished_at:
            log.info("Training %s: cancellation was requested.", job.id)
            await self._request_cancel(job)
            job = await self._ended(job)
            if job.status is JobStatus.CANCELLED:
                return job
        raise Conflict(f"Training {job.id} has ended already: it is {job.status}.")

    async def _enqueue(self, table: str, work: Work, model: str | None) -> Run:
        if self._closed:
            raise _stop_error(JobStatus.INTERRUPTED)
        self.reject_when_full()
        number = await asyncio.to_thread(self.store.open)
        stage = "Waiting for its turn"
        queued = {"status": JobStatus.QUEUED, "stage": stage, "progress": 0, "table": table, "model": model}
        job = Job(id=number, created_at=_now(), **queued)
        run = self._runs[number] = Run(job, work)
        self._update_queue_positions()
        try:
            await self._sync.save(run)
        except Unavailable:
            await self._remove(run)
            raise
        await asyncio.to_thread(self.store.prune, KEPT_JOBS)
        log.info("Training %s is queued: %s", number, table)
        return run

    async def _run(self, run: Run) -> VersionInfo | None:
        job, info = run.job, None
        try:
            async with self._slots:
                job.status, job.stage, job.started_at, job.queue_position = JobStatus.RUNNING, "Starting", _now(), None
                run.started_s = time.monotonic()
                log.info("Training %s started.", job.id)
                self._update_queue_positions()
                info = await run.work(run)
        except MlappError as error:
            job.status, run.error = JobStatus.FAILED, error
        except asyncio.CancelledError:
            job.status, run.error = run.stop_status, _stop_error(run.stop_status)
        except Exception:
            log.exception("Training %s failed with an internal error.", job.id)
            failure = MlappError("The training failed with an internal error; see the log.")
            job.status, run.error = JobStatus.FAILED, failure
        await self._finish(run, info)
        return info

    async def _finish(self, run: Run, info: VersionInfo | None) -> None:
        job, run.committed = run.job, True
        if info:
            job.status, job.stage, job.progress = JobStatus.SUCCEEDED, "Done", 1
            job.model, job.version = info.model, info.version
        job.error = run.error.detail if run.error else None
        job.finished_at, job.remaining_s, job.queue_position = _now(), None, None
        seconds = 0.0 if run.started_s is None else time.monotonic() - run.started_s
        self._metrics.ended(job.status, seconds)
        fields = {"model": job.model, "table": job.table, "estimator": job.estimator, "seconds": round(seconds, 3)}
        log.info(
            "Training %s %s: %s",
            job.id,
            job.status,
            job.error or f"version {job.version} of {job.model}.",
            extra=fields,
        )
        with suppress(Unavailable):
            await self._sync.save(run)
        await self._remove(run)

    async def _remove(self, run: Run) -> None:
        await asyncio.to_thread(self.store.close, run.job.id)
        del self._runs[run.job.id]
        self._update_queue_positions()

    def _update_queue_positions(self) -> None:
        queued = [run.job for run in self._runs.values() if run.job.status is JobStatus.QUEUED]
        for position, job in enumerate(queued, 1):
            job.queue_position = position

    async def _request_cancel(self, job: Job) -> None:
        async with self._starting:
            if run := self._runs.get(job.id):
                run.stop(JobStatus.CANCELLED)
            else:
                await asyncio.to_thread(self.store.request_cancel, job.id)

    async def _ended(self, job: Job) -> Job:
        """Wait until a job has ended, and return it."""
        try:
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                async for current in self.follow(job.id):
                    job = current
        except TimeoutError:
            message = f"Training {job.id} did not stop within {CANCEL_TIMEOUT_S:g} s; check it again in a moment."
            raise Unavailable(message) from None
        return job


def _stop_error(status: JobStatus) -> MlappError:
    if status is JobStatus.CANCELLED:
        return Conflict("The training was cancelled.")
    return Unavailable("The server was shut down; train again in a moment.")


def _now() -> datetime:
    return datetime.now(UTC)
