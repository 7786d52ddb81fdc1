"""Coalescing of frequent changes into few runs of a task."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui


class CoalescedTask:
    """Runs a task after changes, one run at a time; changes during a run cause one more run."""

    def __init__(self, run: Callable[[], Awaitable[None]], pause_s: float = 0) -> None:
        self.run, self.pause_s = run, pause_s
        self._pending = False
        self._client = ui.context.client
        self._task: asyncio.Task[None] | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether there were changes since the current run began."""
        return self._pending

    def schedule(self) -> None:
        """Run the task soon."""
        self._pending = True
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._run_pending(), name="coalesced")

    async def _run_pending(self) -> None:
        while self._pending and not self._client.is_deleted:
            await asyncio.sleep(self.pause_s)
            self._pending = False
            try:
                await self.run()
            except Exception:
                # The elements of a page that was closed during the run are gone.
                if not self._client.is_deleted:
                    raise
