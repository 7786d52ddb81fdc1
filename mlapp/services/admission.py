"""How much may be under way at a time: what is beyond is refused at once, for whoever waits long has given up."""

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

AHEAD = 2
"""Chunks that are predicted and written at a time, while others are on their way out."""

RECENT = 0.2
"""Weight of the last call in the mean time of a pool's calls."""


@dataclass
class Places:
    """A number of places, each for a request from before its body is read until its answer is sent."""

    number: int
    what: str
    """What they are for, in the plural."""
    taken: int = 0

    def take(self) -> "Places":
        """Take a place, which `free` gives back.

        Raises:
            Overloaded: all are taken.
        """
        if self.taken >= self.number:
            raise Overloaded(f"{self.number} {self.what} are under way, as many as may be; try again in a moment.")
        self.taken += 1
        return self

    def free(self) -> None:
        """Give a place back."""
        self.taken -= 1


@dataclass
class Pool:
    """Threads for what takes a processor, and how long those who come now will wait for one."""

    name: str
    threads: int
    prepare: Callable[[], None]
    """What a thread does first."""
    _waiting: int = 0
    _call_s: float = 0.0
    _executor: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.threads, self.name, self.prepare)

    def wait_s(self, calls: float = 0.0) -> float:
        """Return about how long a call waits for its turn, when so many others will be made before it."""
        return (self._waiting + calls) * self._call_s / self.threads

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in one of the threads."""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, copy_context().run, self._timed, call
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Take no more calls; those that wait are made."""
        self._executor.shutdown(wait=False)

    def _timed(self, call: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return call()
        finally:
            self._call_s += RECENT * (time.perf_counter() - began - self._call_s)


async def ahead(pool: Pool, calls: Iterable[Callable[[], bytes]]) -> AsyncIterator[bytes]:
    """Give what calls return, in their order, a few of them under way at a time."""
    begun: deque[Awaitable[bytes]] = deque()
    for call in calls:
        begun.append(asyncio.ensure_future(pool.run(call)))
        if len(begun) > AHEAD:
            yield await begun.popleft()
    while begun:
        yield await begun.popleft()
