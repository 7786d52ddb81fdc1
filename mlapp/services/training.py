"""TrainingService: admits trainings, runs each as a job, stores and activates its model; trains the demo; previews."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mlapp.errors import MlappError, Unavailable, shorten
from mlapp.schemas import Format, Job, Record, Submission, TablePreview, VersionInfo
from mlapp.services.admission import Slots
from mlapp.services.jobs.ipc import Finished, Progress, Started
from mlapp.services.jobs.run import Run
from mlapp.services.jobs.runner import Processes
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.options import train_options
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

MIN_ELAPSED_S = 1.0
"""Elapsed time from which on the remaining time is estimated."""
DEMO = Submission(
    dataset="machines",
    options={"estimator": "hist_gradient_boosting", "note": "Trained at the first start."},
)


@dataclass
class TrainingService:
    """Runs trainings in their own processes, stores the models, and activates them."""

    store: ModelStore
    models: ModelService
    jobs: JobService
    processes: Processes
    keep_models: int = 50

    def __post_init__(self) -> None:
        self._previews = asyncio.Semaphore(self.jobs.max_jobs)
        self._slots = Slots(2 * self.jobs.max_in_flight, "training requests")

    async def start(self, *, demo: bool) -> None:
        """Prepare the store; with `demo`, train a first model if there is none."""
        await asyncio.to_thread(self.store.prepare)
        await asyncio.to_thread(self.jobs.store.prepare)
        # The store logs why it cannot be read or written; the server starts nevertheless.
        with suppress(Unavailable):
            if demo and not await asyncio.to_thread(self.store.versions):
                await self._start(DEMO, demo=True)

    async def close(self) -> None:
        """Interrupt all jobs, and stop the fork server."""
        await self.jobs.close()
        await asyncio.to_thread(self.processes.close)

    def admit(self, _: int | None = None) -> Slots:
        """Acquire a slot for a training request; the caller releases it.

        Raises:
            TooManyTrainings: the queue is full.
            Overloaded: too many tables are being received.
        """
        self.jobs.reject_when_full()
        return self._slots.acquire()

    async def train(self, submission: Submission) -> VersionInfo:
        """Train, and wait for the model; the training continues when the client disconnects.

        Raises:
            TooManyTrainings: the queue is full.
            Conflict: it was cancelled.
            MlappError: the table or an option is invalid, or the training failed.
        """
        return await self.jobs.result(await self._start(submission))

    async def submit(self, submission: Submission) -> Job:
        """Start a training, or queue it.

        Raises:
            TooManyTrainings: the queue is full.
            Unacceptable: an option outside the body is invalid.
            Unavailable: the store cannot be written.
        """
        return (await self._start(submission)).job

    async def preview(self, submission: Submission) -> TablePreview:
        """Preview a table: columns, data-quality warnings, estimated training times.

        Raises:
            MlappError: the file cannot be read.
        """
        async with self._previews:
            preview = await self.processes.run("preview", submission, lambda _: None)
        assert isinstance(preview, TablePreview)  # noqa: S101 - for the type checker
        return preview

    async def _start(self, submission: Submission, *, demo: bool = False) -> Run:
        try:
            if submission.format is not Format.JSON:
                train_options(submission.options)
            run = await self.jobs.start(_name(submission), partial(self._train, submission, demo=demo))
        except MlappError:
            _remove_body(submission)
            raise
        assert run.task  # noqa: S101 - set by `start`
        # Also when the job ends while it is queued.
        run.task.add_done_callback(lambda _: _remove_body(submission))
        return run

    async def _train(self, submission: Submission, run: Run, *, demo: bool) -> VersionInfo:
        """Fit a model in a process, store it, activate it if requested, and prune old ones."""
        finished = await self.processes.run("train", submission, _progress_listener(run.job))
        assert isinstance(finished, Finished)  # noqa: S101 - for the type checker
        run.committed = True
        sha256 = hashlib.sha256(finished.file).hexdigest()
        record = Record(created_at=datetime.now(UTC), model_sha256=sha256, **finished.record)
        version = await asyncio.to_thread(self.store.add, finished.file, record)
        try:
            superseded = demo and await asyncio.to_thread(self.store.active) is not None
            if finished.options.activate and not superseded:
                await self.models.activate(str(version))
        except MlappError:
            # A failed training leaves the store unchanged.
            with suppress(MlappError):
                await asyncio.to_thread(self.store.delete, version)
            raise
        with suppress(Unavailable):
            for removed in await asyncio.to_thread(self.store.prune, self.keep_models):
                log.info("Model %s was deleted: the latest %s are kept.", removed, self.keep_models)
        return await self.models.get(str(version))


def _progress_listener(job: Job) -> Callable[[Started | Progress], None]:
    """Return a function that updates a job by the messages of its process."""
    started = time.monotonic()

    def update(message: Started | Progress) -> None:
        if isinstance(message, Started):
            job.table = f"{message.dataset or job.table}, {message.rows:,} rows × {message.columns:,} columns"
            job.target, job.estimator = message.target, message.estimator
            return
        job.stage, job.progress = message.stage, message.share
        elapsed_s = time.monotonic() - started
        if elapsed_s > MIN_ELAPSED_S and job.progress:
            job.remaining_s = round(elapsed_s * (1 - job.progress) / job.progress, 1)

    return update


def _name(submission: Submission) -> str:
    if submission.path is None:
        return submission.dataset or ""
    return shorten(submission.name or (submission.format.name if submission.format else "table"), 60)


def _remove_body(submission: Submission) -> None:
    if submission.path:
        Path(submission.path).unlink(missing_ok=True)
