"""TrainingService: a table → a stored model, by way of a job."""

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
from mlapp.schemas import Format, Job, Model, Record, Submission, TablePreview
from mlapp.services.admission import Slots
from mlapp.services.jobs.ipc import Finished, Looked, Progress, Started
from mlapp.services.jobs.runner import Processes
from mlapp.services.jobs.service import JobService, Run
from mlapp.services.models.service import ModelService
from mlapp.services.options import train_options
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

FIRST_GUESS_S = 1.0
"""How long a training has to go on before the time left is told from it."""
DEMO = Submission(
    dataset="machines",
    options={"estimator": "hist_gradient_boosting", "note": "Trained at the first start."},
)


@dataclass
class TrainingService:
    """Trains in processes of their own, stores what comes of it, and makes it active."""

    store: ModelStore
    models: ModelService
    jobs: JobService
    processes: Processes
    keep_models: int = 50

    def __post_init__(self) -> None:
        self._looks = asyncio.Semaphore(self.jobs.max_jobs)
        self._slots = Slots(2 * self.jobs.most, "training requests")

    async def start(self, *, demo: bool) -> None:
        """Train a first model when there is none and `demo` says so."""
        await asyncio.to_thread(self.store.prepare)
        await asyncio.to_thread(self.jobs.history.prepare)
        # Why the store cannot be read or written is in the log; the server starts all the same.
        with suppress(Unavailable):
            if demo and not await asyncio.to_thread(self.store.versions):
                await self._start(DEMO, demo=True)

    async def close(self) -> None:
        """End what is running: its jobs are interrupted."""
        await self.jobs.close()
        await asyncio.to_thread(self.processes.close)

    def admit(self, _: int | None = None) -> Slots:
        """Acquire a slot for a training request; the caller releases it.

        Raises:
            TooManyTrainings: as many wait as may wait.
            Overloaded: too many tables are being received.
        """
        self.jobs.refuse_when_full()
        return self._slots.acquire()

    async def train(self, submission: Submission) -> Model:
        """Train, and wait for the model; the training goes on when nobody waits any more.

        Raises:
            TooManyTrainings: as many wait as may wait.
            Conflict: it was cancelled.
            MlappError: the table or an option cannot be trained on, or the training failed.
        """
        return await self.jobs.result(await self._start(submission))

    async def submit(self, submission: Submission) -> Job:
        """Start a training, or have it wait for its turn.

        Raises:
            TooManyTrainings: as many wait as may wait.
            Unacceptable: an option that stands outside the body cannot be.
            Unavailable: the store cannot be written.
        """
        return (await self._start(submission)).job

    async def look(self, submission: Submission) -> TablePreview:
        """Look at a table before training on it.

        Raises:
            MlappError: the file cannot be read.
        """
        async with self._looks:
            looked = await self.processes.run("look", submission, lambda _: None)
        assert isinstance(looked, Looked)  # noqa: S101 - what looking gives
        return looked.preview

    async def _start(self, submission: Submission, *, demo: bool = False) -> Run:
        try:
            if submission.format is not Format.JSON:
                train_options(submission.options)
            run = await self.jobs.start(_name(submission), partial(self._train, submission, demo=demo))
        except MlappError:
            _remove_body(submission)
            raise
        assert run.task  # noqa: S101 - it has started
        # Also that of a job which ends before its turn.
        run.task.add_done_callback(lambda _: _remove_body(submission))
        return run

    async def _train(self, submission: Submission, run: Run, *, demo: bool) -> Model:
        finished = await self.processes.run("train", submission, _listener(run.job))
        assert isinstance(finished, Finished)  # noqa: S101 - what training gives
        run.settled = True
        return await self._keep(finished, demo=demo)

    async def _keep(self, finished: Finished, *, demo: bool) -> Model:
        """Store a fitted model, and make it active when that is wanted."""
        sha256 = hashlib.sha256(finished.file).hexdigest()
        record = Record(created_at=_now(), model_sha256=sha256, **finished.record)
        version = await asyncio.to_thread(self.store.add, finished.file, record)
        try:
            spare = demo and await asyncio.to_thread(self.store.active) is not None
            if finished.options.activate and not spare:
                await self.models.activate(str(version))
        except MlappError:
            # A training that fails changes nothing.
            with suppress(MlappError):
                await asyncio.to_thread(self.store.delete, version)
            raise
        with suppress(Unavailable):
            for removed in await asyncio.to_thread(self.store.prune, self.keep_models):
                log.info("Model %s was removed: %s are kept.", removed, self.keep_models)
        return await self.models.get(str(version))


def _listener(job: Job) -> Callable[[Started | Progress], None]:
    """Return what notes down on a job what its process says."""
    began = time.monotonic()

    def hear(message: Started | Progress) -> None:
        if isinstance(message, Started):
            job.table = f"{message.dataset or job.table}, {message.rows:,} rows × {message.columns:,} columns"
            job.target, job.estimator = message.target, message.estimator
            return
        job.stage, job.progress = message.stage, message.share
        took_s = time.monotonic() - began
        if took_s > FIRST_GUESS_S and job.progress:
            job.remaining_s = round(took_s * (1 - job.progress) / job.progress, 1)

    return hear


def _name(submission: Submission) -> str:
    if submission.path is None or submission.format is None:
        return submission.dataset or ""
    return shorten(submission.name or submission.format.name, 60)


def _remove_body(submission: Submission) -> None:
    if submission.path:
        Path(submission.path).unlink(missing_ok=True)


def _now() -> datetime:
    return datetime.now(UTC)
