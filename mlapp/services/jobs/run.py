"""Run: a queued or running job of this process, with its task."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mlapp.errors import MlappError
from mlapp.schemas import Job, JobStatus, VersionInfo
from mlapp.services.outages import Outage

log = logging.getLogger(__name__)


@dataclass
class Run:
    """A job of this process that has not ended, and its task."""

    job: Job
    work: "Work"
    task: asyncio.Task[VersionInfo | None] | None = None
    error: MlappError | None = None
    stop_status: JobStatus = JobStatus.INTERRUPTED
    """The status of the job when its task is cancelled."""
    committed: bool = False
    """Whether it is too late to stop it: its version is being stored, or the job is ending."""
    saved: Job | None = None
    """The job as it was saved last, which is what other processes see."""
    started_s: float | None = None
    """By `time.monotonic`; None while it is queued."""
    outage: Outage = field(default_factory=lambda: Outage(log, "A job cannot be synced with the store"))

    def stop(self, status: JobStatus) -> None:
        """Cancel the task unless the job is committed; the job ends with this status."""
        if self.task and not self.committed and not self.task.cancelling():
            self.stop_status = status
            self.task.cancel()


Work = Callable[[Run], Awaitable[VersionInfo]]
"""The work of a job. It updates `Run.job` with its progress, and sets `Run.committed`."""
