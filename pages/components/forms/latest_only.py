"""What follows changes that come faster than it can be done."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui


class Latest:
    """Does a piece of work after a change: never twice at a time, and for the last of many changes at least."""

    def __init__(self, work: Callable[[], Awaitable[None]], pause_s: float = 0) -> None:
        self.work, self.pause_s = work, pause_s
        self._wanted = False
        self._client = ui.context.client
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Have it done soon."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._go_on(), name="latest")

    async def _go_on(self) -> None:
        while self._wanted and not self._client.is_deleted:
            await asyncio.sleep(self.pause_s)
            self._wanted = False
            await self.work()
