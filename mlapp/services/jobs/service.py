"""JobService: trainings as jobs, which take their turn, are watched by anyone, ended by anyone, and remembered."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from mlapp.errors import Conflict, MlappError, TooManyTrainings, Unavailable
from mlapp.schemas import Job, JobStatus, Model
from mlapp.services.jobs.metrics import TrainingMetrics
from mlapp.services.outages import Outage
from mlapp.store import JobStore, the_number

log = logging.getLogger(__name__)

MAX_WAITING = 8
"""Jobs that may wait for their turn."""
KEPT = 200
"""Jobs that are remembered."""
SHARE_S = 0.2
"""How often what changed about a job is told to whoever follows it, and to other processes."""
CANCEL_S = 5.0
"""How long a job may take to end when it is cancelled."""


@dataclass
class Run:
    """A job of this process that has not ended, and what moves it."""

    job: Job
    work: "Work"
    task: asyncio.Task[Model | None] | None = None
    error: MlappError | None = None
    ending: JobStatus = JobStatus.INTERRUPTED
    """What the job is when its task is cancelled."""
    settled: bool = False
    """Whether it is too late to end it: its model is on its way into the store, or it ends already."""
    shared: Job | None = None
    """The job as other processes see it."""
    began: float | None = None
    """By `time.monotonic`; None as long as it waits for its turn."""
    outage: Outage = field(default_factory=lambda: Outage(log, "A training cannot be shared with other processes"))

    def end(self, ending: JobStatus) -> None:
        """Have it end, unless it is too late."""
        if self.task and not self.settled and not self.task.cancelling():
            self.ending = ending
            self.task.cancel()


Work = Callable[[Run], Awaitable[Model]]
"""Does what a job is for; notes down on `Run.job` how far it is, and when it is settled."""


@dataclass
class JobService:
    """Runs jobs, a few at a time; whoever asked for one may go away."""

    history: JobStore
    max_jobs: int = 1
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _runs: dict[int, Run] = field(default_factory=dict)
    _sharer: asyncio.Task[None] | None = None
    _closed: bool = False

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.max_jobs)
        self._door, self._saving = asyncio.Lock(), asyncio.Lock()
        self._metrics = TrainingMetrics(self.registry, self.under_way)

    async def close(self) -> None:
        """End what is running: its jobs are interrupted, and no further ones begin."""
        self._closed = True
        async with self._door:
            runs = list(self._runs.values())
            for run in runs:
                run.end(JobStatus.INTERRUPTED)
        await asyncio.gather(*[run.task for run in runs if run.task])
        if self._sharer:
            self._sharer.cancel()

    async def start(self, table: str, work: Work) -> Run:
        """Start a job about a table, or have it wait for its turn.

        Raises:
            TooManyTrainings: as many wait as may wait.
            Unavailable: the store cannot be written, or the server is being shut down.
        """
        # One at a time, so that no two take the last place, and none is ended before it is there.
        async with self._door:
            run = await self._admit(table, work)
            run.task = asyncio.create_task(self._run(run))
            # A task that has not begun could not note down what ended it.
            await asyncio.sleep(0)
        if self._sharer is None or self._sharer.done():
            self._sharer = asyncio.create_task(self._share())
        return run

    @property
    def most(self) -> int:
        """How many jobs may be under way, those that wait included."""
        return self.max_jobs + MAX_WAITING

    def under_way(self, status: JobStatus) -> int:
        """Return how many jobs of this process are queued, or running."""
        return sum(run.job.status is status for run in list(self._runs.values()))

    def refuse_when_full(self) -> None:
        """Have nobody send a table that there is no turn for.

        Raises:
            TooManyTrainings: as many wait as may wait.
        """
        if len(self._runs) >= self.most:
            raise TooManyTrainings(f"{MAX_WAITING} trainings wait already; try again when one has ended.")

    async def result(self, run: Run) -> Model:
        """Wait for what comes of a job; it goes on when nobody waits any more.

        Raises:
            MlappError: why there is no model.
        """
        model = await asyncio.shield(run.task) if run.task else None
        if model is None:
            raise run.error or AssertionError
        return model

    async def job(self, name: str | int) -> Job:
        """Return a job as it stands now.

        Raises:
            NotFound: there is none of that number.
        """
        run = self._runs.get(the_number(str(name)) or 0)
        return run.job if run else await asyncio.to_thread(self.history.job, name)

    async def jobs(self) -> list[Job]:
        """Return all jobs, also those of other processes on the store, newest first."""
        jobs = await asyncio.to_thread(self.history.jobs)
        return [self._runs[job.id].job if job.id in self._runs else job for job in jobs]

    async def follow(self, name: str | int) -> AsyncIterator[Job]:
        """Yield a job as it stands, and whenever that changes, until it has ended.

        Raises:
            NotFound: there is none of that number.
        """
        seen: Job | None = None
        while seen is None or not seen.finished_at:
            job = (await self.job(name)).model_copy()
            if job != seen:
                yield job
            else:
                await asyncio.sleep(SHARE_S)
            seen = job

    async def cancel(self, name: str | int) -> Job:
        """End a job, whichever process runs it, and return it.

        Raises:
            NotFound: there is none of that number.
            Conflict: it has ended by itself.
            Unavailable: the process that runs it does not react.
        """
        job = await self.job(name)
        if not job.finished_at:
            log.info("Training %s is to be cancelled.", job.id)
            await self._ask_to_cancel(job)
            job = await self._ended(job)
            if job.status is JobStatus.CANCELLED:
                return job
        raise Conflict(f"Training {job.id} has ended already: it is {job.status}.")

    async def _admit(self, table: str, work: Work) -> Run:
        if self._closed:
            raise _why(JobStatus.INTERRUPTED)
        self.refuse_when_full()
        number = await asyncio.to_thread(self.history.open)
        waiting = "Waiting for its turn"
        job = Job(id=number, status=JobStatus.QUEUED, stage=waiting, progress=0, created_at=_now(), table=table)
        run = self._runs[number] = Run(job, work)
        self._line_up()
        try:
            await self._save(run)
        except Unavailable:
            await self._forget(run)
            raise
        await asyncio.to_thread(self.history.prune, KEPT)
        log.info("Training %s is queued: %s", number, table)
        return run

    async def _run(self, run: Run) -> Model | None:
        job, model = run.job, None
        try:
            async with self._slots:
                job.status, job.stage, job.started_at, job.queue_position = JobStatus.RUNNING, "Starting", _now(), None
                run.began = time.monotonic()
                log.info("Training %s is started.", job.id)
                self._line_up()
                model = await run.work(run)
        except MlappError as error:
            job.status, run.error = JobStatus.FAILED, error
        except asyncio.CancelledError:
            job.status, run.error = run.ending, _why(run.ending)
        except Exception:
            log.exception("Training %s hit a bug.", job.id)
            job.status, run.error = JobStatus.FAILED, MlappError("The training hit an error of ours; it is in the log.")
        await self._end(run, model)
        return model

    async def _end(self, run: Run, model: Model | None) -> None:
        job, run.settled = run.job, True
        if model:
            job.status, job.stage, job.progress, job.version = JobStatus.SUCCEEDED, "Done", 1, model.version
        job.error = run.error.detail if run.error else None
        job.finished_at, job.remaining_s, job.queue_position = _now(), None, None
        seconds = 0.0 if run.began is None else time.monotonic() - run.began
        self._metrics.ended(job.status, seconds)
        what = {"table": job.table, "estimator": job.estimator, "seconds": round(seconds, 3)}
        log.info("Training %s %s: %s", job.id, job.status, job.error or f"model {job.version}.", extra=what)
        with suppress(Unavailable):
            await self._save(run)
        await self._forget(run)

    async def _share(self) -> None:
        """Let other processes see the jobs of this one, and hear which of them should end."""
        while self._runs:
            for run in list(self._runs.values()):
                with run.outage.endure():
                    # First, for it can be asked for on a full disk, too.
                    if await asyncio.to_thread(self.history.cancel_asked, run.job.id):
                        run.end(JobStatus.CANCELLED)
                    await self._save(run)
            await asyncio.sleep(SHARE_S)

    async def _save(self, run: Run) -> None:
        # One after the other, so that what a job ends with is what is saved last.
        async with self._saving:
            job = run.job.model_copy()
            if run.shared == job:
                return
            lasting = run.shared is None or run.shared.status is not job.status
            await asyncio.to_thread(self.history.save, job, durable=lasting)
            run.shared = job

    async def _forget(self, run: Run) -> None:
        await asyncio.to_thread(self.history.close, run.job.id)
        del self._runs[run.job.id]
        self._line_up()

    def _line_up(self) -> None:
        waiting = [run.job for run in self._runs.values() if run.job.status is JobStatus.QUEUED]
        for place, job in enumerate(waiting, 1):
            job.queue_position = place

    async def _ask_to_cancel(self, job: Job) -> None:
        async with self._door:
            if run := self._runs.get(job.id):
                run.end(JobStatus.CANCELLED)
            else:
                await asyncio.to_thread(self.history.ask_to_cancel, job.id)

    async def _ended(self, job: Job) -> Job:
        """Return a job when it has ended."""
        try:
            async with asyncio.timeout(CANCEL_S):
                async for each in self.follow(job.id):
                    job = each
        except TimeoutError:
            raise Unavailable(f"Training {job.id} does not react; look again in a moment.") from None
        return job


def _why(ending: JobStatus) -> MlappError:
    if ending is JobStatus.CANCELLED:
        return Conflict("The training was cancelled.")
    return Unavailable("The server was shut down; train again in a moment.")


def _now() -> datetime:
    return datetime.now(UTC)
