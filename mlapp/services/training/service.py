"""TrainingService: admits trainings, runs them as jobs, stores and activates their versions; demo and previews."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlapp.errors import MlappError, Unavailable, shorten
from mlapp.schemas import (
    DataSource,
    Format,
    Job,
    Submission,
    TablePreview,
    VersionInfo,
)
from mlapp.services.admission import Release, Slots
from mlapp.services.jobs.ipc import Finished, Progress, Started
from mlapp.services.jobs.run import Run
from mlapp.services.jobs.runner import Processes
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.options import train_options
from mlapp.services.placement import intended_model
from mlapp.services.training.storage import make_record, prune_versions, store_version
from mlapp.store import ModelStore

MIN_ELAPSED_S = 1.0
"""Elapsed time from which on the remaining time is estimated."""
DEMO = Submission(
    dataset="machines",
    options={"estimator": "hist_gradient_boosting", "note": "Trained at the first start."},
)


@dataclass
class TrainingService:
    """Runs trainings in their own processes, stores the versions, and activates them."""

    store: ModelStore
    models: ModelService
    jobs: JobService
    processes: Processes
    keep_versions: int = 20
    dask: str | None = None
    """Address of the Dask scheduler that makes the fits; None: the training process makes them."""
    allowed_estimators: tuple[str, ...] = ()
    """Estimators of other packages that trainings may use."""

    def __post_init__(self) -> None:
        self._previews = asyncio.Semaphore(self.jobs.max_jobs)
        self._slots = Slots(2 * self.jobs.max_in_flight, "training requests")

    async def start(self, *, demo: bool) -> None:
        """Prepare the store; with `demo`, train the example if there never was a model."""
        await asyncio.to_thread(self.store.prepare)
        await asyncio.to_thread(self.jobs.store.prepare)
        # The store logs why it cannot be read or written; the server starts nevertheless.
        with suppress(Unavailable):
            if demo and not await asyncio.to_thread(self.store.was_used):
                await self._start(DEMO, demo=True)

    async def close(self) -> None:
        """Interrupt all jobs, and stop the fork server."""
        await self.jobs.close()
        await asyncio.to_thread(self.processes.close)

    def admit(self, _: int | None = None, __: str | None = None) -> Release:
        """Acquire a slot for a training request; the caller releases it.

        Raises:
            TooManyTrainings: the queue is full.
            Overloaded: too many tables are being received.
        """
        self.jobs.reject_when_full()
        return self._slots.acquire()

    async def train(self, submission: Submission) -> VersionInfo:
        """Train, and wait for the version, with what it breaks for callers of the version that was active until then.

        The training continues when the client disconnects.

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
        request = submission.model_copy(update=self._set_here)
        async with self._previews:
            preview = await self.processes.run("preview", request, lambda _: None)
        assert isinstance(preview, TablePreview)  # noqa: S101 - for the type checker
        return preview

    @property
    def _set_here(self) -> dict[str, Any]:
        """What a training process is told beside the request."""
        return {"store": str(self.store.folder), "estimators": self.allowed_estimators}

    async def _start(self, submission: Submission, *, demo: bool = False) -> Run:
        try:
            options = train_options(submission.options)
            # That of a JSON body is known when its process has read it.
            model = options.model if submission.format is Format.JSON else intended_model(options, _source(submission))
            run = await self.jobs.start(_name(submission), partial(self._train, submission, demo=demo), model)
        except MlappError:
            _remove_body(submission)
            raise
        assert run.task  # noqa: S101 - set by `start`
        # Also when the job ends while it is queued.
        run.task.add_done_callback(lambda _: _remove_body(submission))
        return run

    async def _train(self, submission: Submission, run: Run, *, demo: bool) -> VersionInfo:
        """Fit a version in a process, store it, activate it if requested, and prune old ones."""
        request = submission.model_copy(update=self._set_here | {"dask": self.dask})
        finished = await self.processes.run("train", request, _progress_listener(run.job))
        assert isinstance(finished, Finished)  # noqa: S101 - for the type checker
        run.committed = True
        record = make_record(finished)
        # A failed training leaves the store unchanged.
        await self.models.prediction.check(record, finished.file)
        (model, version), placement = await asyncio.to_thread(store_version, self.store, finished, record, demo=demo)
        if placement.activate:
            # Where the store cannot be read now, the service follows later.
            with suppress(Unavailable):
                await self.models.prediction.refresh(model)
        await asyncio.to_thread(prune_versions, self.store, model, self.keep_versions)
        info = await self.models.version(model, str(version))
        return info.model_copy(update={"breaking": placement.breaking})


def _progress_listener(job: Job) -> Callable[[Started | Progress], None]:
    """Return a function that updates a job by the messages of its process."""
    started = time.monotonic()

    def update(message: Started | Progress) -> None:
        if isinstance(message, Started):
            job.table = f"{message.dataset or job.table}, {message.rows:,} rows × {message.columns:,} columns"
            job.model, job.target, job.estimator = message.model, message.target, message.estimator
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


def _source(submission: Submission) -> DataSource | None:
    file = submission.name if submission.path else None
    return DataSource(dataset=submission.dataset, file=file) if submission.dataset or file else None


def _remove_body(submission: Submission) -> None:
    if submission.path:
        Path(submission.path).unlink(missing_ok=True)
