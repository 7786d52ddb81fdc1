"""JobSync: saves the jobs of this process, and polls for cancellation requests of other processes."""

import asyncio
from dataclasses import dataclass, field

from mlapp.schemas import JobStatus
from mlapp.services.jobs.run import Run
from mlapp.store import JobStore

SYNC_S = 0.2
"""Interval at which changes of a job are saved for other processes."""


@dataclass
class JobSync:
    """Syncs the jobs in `runs` with the store until there are none."""

    store: JobStore
    runs: dict[int, Run]
    task: asyncio.Task[None] | None = None
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def start(self) -> None:
        """Start polling, unless it is running."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._poll())

    def stop(self) -> None:
        """Stop polling."""
        if self.task:
            self.task.cancel()

    async def save(self, run: Run) -> None:
        """Save a job if it has changed; a change of status is saved durably.

        Raises:
            Unavailable: the store cannot be written.
        """
        # One at a time, so that the final state is saved last.
        async with self._saving:
            job = run.job.model_copy()
            if run.saved == job:
                return
            durable = run.saved is None or run.saved.status is not job.status
            await asyncio.to_thread(self.store.save, job, durable=durable)
            run.saved = job

    async def _poll(self) -> None:
        while self.runs:
            for run in list(self.runs.values()):
                with run.outage.tolerate():
                    # Before the save, which fails on a full disk.
                    if await asyncio.to_thread(self.store.cancel_requested, run.job.id):
                        run.stop(JobStatus.CANCELLED)
                    await self.save(run)
            await asyncio.sleep(SYNC_S)
