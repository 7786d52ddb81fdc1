"""TrainingService: trainings as jobs, each in a process of its own."""

import asyncio
import hashlib
import logging
import multiprocessing
import signal
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from mlapp import tables
from mlapp.errors import MlappError, NotFound, TooManyTrainings, TrainingFailed, Unavailable
from mlapp.schemas import Format, Job, JobStatus, Model, Record, Submission, TablePreview
from mlapp.services.messages import Failed, Finished, Progress
from mlapp.services.models import ModelService
from mlapp.services.options import train_options
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

MAX_WAITING = 8
"""Trainings that may wait for their turn."""
KEPT_JOBS = 100
"""Jobs that are remembered after they ended."""
WORKER = "mlapp.services.worker"
DEMO = Submission(
    dataset="machines",
    options={"estimator": "hist_gradient_boosting", "note": "Trained at the first start, on simulated data."},
)


@dataclass
class _Run:
    """A job and what moves it."""

    job: Job
    submission: Submission
    demo: bool
    task: asyncio.Task[Model | None] | None = None
    error: MlappError | None = None


@dataclass
class TrainingService:
    """Runs trainings, a few at a time; a client that goes away changes nothing."""

    store: ModelStore
    models: ModelService
    max_jobs: int = 1
    keep_models: int = 50
    _runs: dict[str, _Run] = field(default_factory=dict)
    _processes: set[BaseProcess] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.max_jobs)

    async def start(self, *, demo: bool) -> None:
        """Train a first model when there is none and `demo` says so."""
        await asyncio.to_thread(self.store.prepare)
        if demo and not await asyncio.to_thread(self.store.versions):
            self._submit(DEMO, demo=True)

    async def close(self) -> None:
        """End what is running: its jobs are interrupted."""
        # A task that has not begun by now could not note down that it was interrupted.
        await asyncio.sleep(0)
        tasks = [run.task for run in self._runs.values() if run.task and not run.task.done()]
        for task in tasks:
            task.cancel()
        for process in self._processes:
            process.terminate()
        await asyncio.gather(*tasks)

    async def train(self, submission: Submission) -> Model:
        """Train, and wait for the model; the training goes on when nobody waits any more.

        Raises:
            TooManyTrainings: as many wait as may wait.
            MlappError: the table or an option cannot be trained on, or the training failed.
        """
        run, task = self._submit(submission)
        model = await asyncio.shield(task)
        if model is None:
            raise run.error or Unavailable("The server is shutting down; train again in a moment.")
        return model

    def submit(self, submission: Submission) -> Job:
        """Start a training, or have it wait for its turn.

        Raises:
            TooManyTrainings: as many wait as may wait.
            Unacceptable: an option that stands outside the body cannot be.
        """
        return self._submit(submission)[0].job

    def job(self, job_id: str) -> Job:
        """Return a job as it stands now.

        Raises:
            NotFound: there is none of that id.
        """
        if job_id not in self._runs:
            raise NotFound("There is no such training; it may have ended before the server started.")
        return self._runs[job_id].job

    def jobs(self) -> list[Job]:
        """Return all jobs, newest first."""
        return [run.job for run in reversed(self._runs.values())]

    async def preview(self, submission: Submission) -> TablePreview:
        """Look at a table before training on it.

        Raises:
            MlappError: the file cannot be read.
        """
        return await asyncio.to_thread(_preview, submission)

    def _submit(self, submission: Submission, *, demo: bool = False) -> tuple[_Run, asyncio.Task[Model | None]]:
        try:
            self._admit(submission)
        except MlappError:
            _remove_body(submission)
            raise
        job = Job(id=uuid.uuid4().hex, status=JobStatus.QUEUED, stage="Waiting", progress=0, created_at=_now())
        run = self._runs[job.id] = _Run(job, submission, demo)
        run.task = asyncio.create_task(self._run(run))
        self._forget()
        return run, run.task

    def _admit(self, submission: Submission) -> None:
        if submission.format is not Format.JSON:
            train_options(submission.options)
        if sum(run.job.finished_at is None for run in self._runs.values()) >= self.max_jobs + MAX_WAITING:
            raise TooManyTrainings(f"{MAX_WAITING} trainings wait already; try again when one has ended.")

    def _forget(self) -> None:
        ended = [job_id for job_id, run in self._runs.items() if run.job.finished_at]
        for job_id in ended[: max(0, len(self._runs) - KEPT_JOBS)]:
            del self._runs[job_id]

    async def _run(self, run: _Run) -> Model | None:
        job = run.job
        try:
            async with self._slots:
                job.status, job.stage, job.started_at = JobStatus.RUNNING, "Starting", _now()
                model = await self._keep(await self._in_process(run), demo=run.demo)
        except MlappError as error:
            run.error, job.error, job.status = error, error.detail, JobStatus.FAILED
            log.info("Training %s failed: %s", job.id, error.detail)
            return None
        except asyncio.CancelledError:
            job.error, job.status = "The server was shut down.", JobStatus.INTERRUPTED
            return None
        except Exception:
            log.exception("Training %s hit a bug.", job.id)
            job.error, job.status = "The training hit an error of ours, which is in the log.", JobStatus.FAILED
            raise
        finally:
            job.finished_at = _now()
            _remove_body(run.submission)
        job.status, job.stage, job.progress, job.version = JobStatus.SUCCEEDED, "Done", 1, model.version
        log.info("Training %s made model %s: %s predicts '%s'.", job.id, model.version, model.estimator, model.target)
        return model

    async def _in_process(self, run: _Run) -> Finished:
        process, results = await self._start(run.submission)
        try:
            while True:
                message = await asyncio.to_thread(_receive, process, results)
                if isinstance(message, Finished):
                    return message
                if isinstance(message, Failed):
                    if message.trace:
                        log.error("Training %s hit a bug:\n%s", run.job.id, message.trace)
                    raise message.error
                run.job.stage, run.job.progress = message.stage, message.share
        finally:
            self._processes.discard(process)

    async def _start(self, submission: Submission) -> tuple[BaseProcess, Connection]:
        starting = asyncio.create_task(asyncio.to_thread(_start, submission))
        try:
            process, results = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # It starts all the same: in a thread, where nothing stops it.
            (await starting)[0].terminate()
            raise
        self._processes.add(process)
        return process, results

    async def _keep(self, finished: Finished, *, demo: bool) -> Model:
        """Store a fitted model, and make it active when that is wanted."""
        sha256 = hashlib.sha256(finished.file).hexdigest()
        record = Record(created_at=_now(), model_sha256=sha256, **finished.record)
        version = await asyncio.to_thread(self.store.add, finished.file, record)
        spare = demo and await asyncio.to_thread(self.store.active) is not None
        if finished.options.activate and not spare:
            await self.models.activate(str(version))
        await asyncio.to_thread(self.store.prune, self.keep_models)
        return await self.models.get(str(version))


def _start(submission: Submission) -> tuple[BaseProcess, Connection]:
    """Start a training process, forked from a small server that has scikit-learn loaded and nothing of ours running."""
    # Ctrl-C reaches all processes of a terminal; these inherit that it is not for them: the server ends them.
    # The tracker comes first, for its start lets the signal through again.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WORKER])
    results, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(submission, theirs), daemon=True)
    process.start()
    # Only the process holds that end now, so that its death ends the reading.
    theirs.close()
    return process, results


def _work(submission: Submission, results: Connection) -> None:
    # Imported here, for the server itself must not load what trains: it takes a second and 80 MB.
    from mlapp.services.worker import work

    work(submission, results)


def _receive(process: BaseProcess, results: Connection) -> Progress | Finished | Failed:
    """Wait for what a training process says next; its death is a failure like another."""
    try:
        message: Progress | Finished | Failed = results.recv()
    except EOFError:
        process.join()
        return Failed(TrainingFailed(_why_died(process.exitcode or 0)))
    if not isinstance(message, Progress):
        process.join()
        results.close()
    return message


def _why_died(exit_code: int) -> str:
    if exit_code < 0:
        return (
            f"The training was killed (signal {-exit_code}), most often for want of memory; send fewer rows or columns."
        )
    return f"The training process ended without a result (exit status {exit_code}); train again."


def _preview(submission: Submission) -> TablePreview:
    if submission.path is None or submission.format is None:
        return tables.preview_table(tables.dataset(submission.dataset or "")[0])
    return tables.preview_table(tables.read_file(Path(submission.path), submission.format))


def _remove_body(submission: Submission) -> None:
    if submission.path:
        Path(submission.path).unlink(missing_ok=True)


def _now() -> datetime:
    return datetime.now(UTC)
