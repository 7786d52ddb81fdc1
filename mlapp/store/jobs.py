"""JobStore: the states and results of trainings.

<folder>/jobs/12/lock       held by the process that runs the job
<folder>/jobs/12/job.json   the last saved state of the job; replaced atomically
<folder>/jobs/12/cancel     marks a cancellation request
"""

import fcntl
import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from mlapp.errors import NotFound, Unavailable
from mlapp.schemas import Job, JobStatus
from mlapp.store import atomic_files
from mlapp.store.numbered_folders import list_numbers, next_number, parse_number

INTERRUPTED = "The server that ran it stopped; train again."


class JobStore:
    """Jobs by number. The process that opened a job runs it; others may read it and request its cancellation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "jobs"
        self._locks: dict[int, int] = {}
        """Number → file descriptor of the lock."""
        self._ended: dict[int, Job] = {}
        """Cache of jobs that have ended, which never change."""
        self._warn = atomic_files.warn_once()
        self._write_errors = atomic_files.WriteErrors(self.folder)

    def prepare(self) -> None:
        """Remove leftovers of killed processes.

        A read-only store does not prevent the start; the model store logs that it is.
        """
        with suppress(OSError, Unavailable), atomic_files.locked(self.folder.parent):
            for number in self._numbers():
                if not self._is_locked(number):
                    self._remove_leftovers(self._path(number))

    def open(self) -> int:
        """Create the folder of a new job, lock it for this process, and return its number.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        with self._write_errors.translated(), atomic_files.locked(self.folder.parent):
            atomic_files.create_folder(self.folder)
            number = next_number(self._numbers(), self.folder)
            self._path(number).mkdir()
            atomic_files.fsync_folder(self.folder)
            lock = os.open(self._path(number) / "lock", os.O_CREAT | os.O_RDWR)
            fcntl.flock(lock, fcntl.LOCK_EX)
        self._locks[number] = lock
        return number

    def save(self, job: Job, *, durable: bool = True) -> None:
        """Save the state of a job. `durable=False` is faster, but a power failure may undo the save.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        if job.finished_at:
            # This process knows the result even if the file cannot be written.
            self._ended[job.id] = job
        with self._write_errors.translated():
            atomic_files.replace(self._path(job.id) / "job.json", job.model_dump_json().encode(), durable=durable)

    def close(self, number: int) -> None:
        """Release the lock of a job that has ended; a job that was never saved is removed."""
        with suppress(OSError):
            if not (self._path(number) / "job.json").exists():
                shutil.rmtree(self._path(number))
        os.close(self._locks.pop(number))

    def job(self, name: str | int) -> Job:
        """Return the last saved state of a job; `interrupted` if the process that ran it has exited.

        Raises:
            NotFound: the job does not exist, or its record is damaged.
        """
        number = parse_number(str(name))
        job = self._read(number) if number else None
        if job is None:
            raise NotFound("There is no such training; GET /jobs lists all trainings.")
        return job

    def jobs(self) -> list[Job]:
        """Return all jobs with a readable record, newest first."""
        return [job for number in self._numbers() if (job := self._read(number))]

    def request_cancel(self, number: int) -> None:
        """Ask the process that runs a job to cancel it.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        with self._write_errors.translated():
            (self._path(number) / "cancel").touch()

    def cancel_requested(self, number: int) -> bool:
        """Return whether the cancellation of a job was requested."""
        return (self._path(number) / "cancel").exists()

    def prune(self, keep: int) -> None:
        """Remove the ended jobs that are not among the `keep` newest jobs."""
        for number in self._numbers()[keep:]:
            if not self._is_locked(number):
                self._ended.pop(number, None)
                shutil.rmtree(self._path(number), ignore_errors=True)

    def _numbers(self) -> list[int]:
        return list_numbers(self.folder, self._warn)

    def _remove_leftovers(self, folder: Path) -> None:
        """Remove a job that was never saved, and unfinished writes."""
        if not os.path.lexists(folder / "job.json"):
            atomic_files.remove(folder)
        for temporary in folder.glob("job.json.*"):
            atomic_files.remove(temporary)

    def _path(self, number: int) -> Path:
        return self.folder / str(number)

    def _read(self, number: int) -> Job | None:
        if number in self._ended:
            return self._ended[number]
        job = self._load(number)
        if job and not job.finished_at and not self._is_locked(number):
            # It may have ended and been saved between the read and the check of the lock.
            job = self._load(number, interrupted=True)
        if job and job.finished_at:
            self._ended[number] = job
        return job

    def _load(self, number: int, *, interrupted: bool = False) -> Job | None:
        """Return the last saved state of a job; with `interrupted`, a job that has not ended becomes interrupted."""
        path = self._path(number) / "job.json"
        job = None
        with suppress(atomic_files.NotARegularFile, ValidationError):
            data = atomic_files.read(path)
            if data is None:
                return None  # It is being opened, or was pruned.
            job = Job.model_validate_json(data)
        if job is None or job.id != number:
            self._warn(f"The record of training {number} cannot be read; it is skipped.")
            return None
        if interrupted and not job.finished_at:
            with suppress(FileNotFoundError):
                # The time of the last save.
                job.finished_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            job.status, job.error, job.queue_position, job.remaining_s = JobStatus.INTERRUPTED, INTERRUPTED, None, None
        return job

    def _is_locked(self, number: int) -> bool:
        """Return whether any process runs the job."""
        try:
            with (self._path(number) / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False
