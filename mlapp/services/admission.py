"""Admission control and thread pools: requests beyond the limit are rejected immediately.

A client that waits long has usually timed out, so that queueing its request helps no one.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TypeVar

from mlapp.errors import Overloaded

T = TypeVar("T")

PREFETCH = 2
"""Chunks that are computed at a time while earlier ones are sent."""

SMOOTHING = 0.2
"""Weight of the latest call in the moving average of a pool's call times."""


@dataclass
class Slots:
    """A limit on requests in flight. A request holds a slot from before its body is read until its response is sent."""

    limit: int
    what: str
    """The requests in the plural, for error messages."""
    in_use: int = 0

    def acquire(self) -> "Slots":
        """Take a slot; the caller gives it back with `release`.

        Raises:
            Overloaded: all slots are in use.
        """
        if self.in_use >= self.limit:
            raise Overloaded(f"{self.limit} {self.what} are in flight, which is the limit; try again in a moment.")
        self.in_use += 1
        return self

    def release(self) -> None:
        """Give a slot back."""
        self.in_use -= 1


@dataclass
class Pool:
    """A thread pool for CPU-bound calls that estimates the wait for a thread."""

    name: str
    threads: int
    initializer: Callable[[], None]
    """Runs once in each thread."""
    _pending: int = 0
    _call_s: float = 0.0
    """Moving average of call times."""
    _executor: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.threads, self.name, self.initializer)

    def wait_s(self, calls: float = 0.0) -> float:
        """Estimate how long a new call waits for a thread when `calls` others are made before it."""
        return (self._pending + calls) * self._call_s / self.threads

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in one of the threads."""
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, copy_context().run, self._timed, call
            )
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Accept no more calls; pending ones are completed."""
        self._executor.shutdown(wait=False)

    def _timed(self, call: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return call()
        finally:
            self._call_s += SMOOTHING * (time.perf_counter() - started - self._call_s)


async def prefetch(pool: Pool, calls: Iterable[Callable[[], bytes]]) -> AsyncIterator[bytes]:
    """Yield the results of calls in order, with up to `PREFETCH` + 1 calls in flight."""
    in_flight: deque[Awaitable[bytes]] = deque()
    for call in calls:
        in_flight.append(asyncio.ensure_future(pool.run(call)))
        if len(in_flight) > PREFETCH:
            yield await in_flight.popleft()
    while in_flight:
        yield await in_flight.popleft()
