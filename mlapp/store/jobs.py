"""JobStore: what became of every training.

<folder>/jobs/12/lock       held by the process that runs the job, as long as it does
<folder>/jobs/12/job.json   the job as it stood last; replaced atomically
<folder>/jobs/12/cancel     somebody wants it to end
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
from mlapp.store.atomic_files import Complaints, Damaged, Saving, locked, make, read, remove, replace, sync
from mlapp.store.numbered_folders import following, numbered, the_number

INTERRUPTED = "The server that ran it stopped; train again."


class JobStore:
    """Jobs by number. Whoever opened one runs it; everybody else may read it, and ask for its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "jobs"
        self._held: dict[int, int] = {}
        """Number → descriptor of the lock."""
        self._ended: dict[int, Job] = {}
        """Jobs that will not change any more."""
        self._complaints = Complaints()
        self._saving = Saving(self.folder)

    def prepare(self) -> None:
        """Remove what killed processes left half-written.

        A store that cannot be written is no reason not to start; the model store says that it cannot.
        """
        with suppress(OSError, Unavailable), locked(self.folder.parent):
            for number in self._numbered():
                if not self._runs(number):
                    self._sweep(self._path(number))

    def open(self) -> int:
        """Take the next number for a job of this process.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
        with self._saving(), locked(self.folder.parent):
            make(self.folder)
            number = following(self._numbered())
            while os.path.lexists(self._path(number)):
                # Not a folder, or it would count.
                number += 1
            self._path(number).mkdir()
            sync(self.folder)
            lock = os.open(self._path(number) / "lock", os.O_CREAT | os.O_RDWR)
            fcntl.flock(lock, fcntl.LOCK_EX)
        self._held[number] = lock
        return number

    def save(self, job: Job, *, durable: bool = True) -> None:
        """Keep a job as it stands now; what may be lost in a power cut is saved in less time.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
        if job.finished_at:
            # Here it is known whatever becomes of the file.
            self._ended[job.id] = job
        with self._saving():
            replace(self._path(job.id) / "job.json", job.model_dump_json().encode(), durable=durable)

    def close(self, number: int) -> None:
        """Give up a job that has ended; of one that was never saved nothing stays."""
        with suppress(OSError):
            if not (self._path(number) / "job.json").exists():
                shutil.rmtree(self._path(number))
        os.close(self._held.pop(number))

    def job(self, name: str | int) -> Job:
        """Return a job as it was saved last; `interrupted` when the process that ran it is gone.

        Raises:
            NotFound: there is none, or it cannot be read.
        """
        number = the_number(str(name))
        job = self._read(number) if number else None
        if job is None:
            raise NotFound("There is no such training; GET /jobs lists what is remembered.")
        return job

    def jobs(self) -> list[Job]:
        """Return all jobs that can be read, newest first."""
        return [job for number in self._numbered() if (job := self._read(number))]

    def ask_to_cancel(self, number: int) -> None:
        """Ask the process that runs a job to end it.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
        with self._saving():
            (self._path(number) / "cancel").touch()

    def cancel_asked(self, number: int) -> bool:
        """Return whether somebody wants a job to end."""
        return (self._path(number) / "cancel").exists()

    def prune(self, keep: int) -> None:
        """Forget the oldest jobs that have ended, beyond `keep`."""
        for number in self._numbered()[keep:]:
            if not self._runs(number):
                self._ended.pop(number, None)
                shutil.rmtree(self._path(number), ignore_errors=True)

    def _numbered(self) -> list[int]:
        return numbered(self.folder, self._complaints.make)

    def _sweep(self, place: Path) -> None:
        """Remove what was never saved, and what was about to be."""
        if not os.path.lexists(place / "job.json"):
            remove(place)
        for aside in place.glob("job.json.*"):
            remove(aside)

    def _path(self, number: int) -> Path:
        return self.folder / str(number)

    def _read(self, number: int) -> Job | None:
        if number in self._ended:
            return self._ended[number]
        job = self._load(number)
        if job and not job.finished_at and not self._runs(number):
            # It may have ended, and been saved so, since it was read.
            job = self._load(number, interrupted=True)
        if job and job.finished_at:
            self._ended[number] = job
        return job

    def _load(self, number: int, *, interrupted: bool = False) -> Job | None:
        """Return a job as it was saved last; as one that was interrupted then, if it had not ended."""
        place = self._path(number) / "job.json"
        job = None
        with suppress(Damaged, ValidationError):
            data = read(place)
            if data is None:
                return None  # It is being opened, or was forgotten.
            job = Job.model_validate_json(data)
        if job is None or job.id != number:
            self._complaints.make(f"The record of training {number} cannot be read; it is skipped.")
            return None
        if interrupted and not job.finished_at:
            with suppress(FileNotFoundError):
                # The last sign that it gave.
                job.finished_at = datetime.fromtimestamp(place.stat().st_mtime, UTC)
            job.status, job.error, job.queue_position, job.remaining_s = JobStatus.INTERRUPTED, INTERRUPTED, None, None
        return job

    def _runs(self, number: int) -> bool:
        """Return whether a process, this one or another, holds the job."""
        try:
            with (self._path(number) / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
