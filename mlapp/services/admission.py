"""Admission control and thread pools: requests beyond the limit are rejected immediately.

A client that waits long has usually timed out, so that queueing its request helps no one.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

from mlapp.errors import Overloaded, Unavailable

T = TypeVar("T")

PREFETCH = 2
"""Chunks that are computed at a time while earlier ones are sent."""

SMOOTHING = 0.2
"""Weight of the latest call in the moving average of a pool's call times."""


Release = Callable[[], None]
"""Gives a slot back."""


@dataclass
class Slots:
    """A limit on requests in flight. A request holds a slot from before its body is read until its response is sent."""

    limit: int
    what: str
    """The requests in the plural, for error messages."""
    share: int | None = None
    """Limit for each model, so that none takes the slots of all others; None: no other limit."""
    in_use: int = 0
    _by_model: dict[str | None, int] = field(default_factory=dict)
    """Slots in use by model, without zeros, as clients can invent names."""

    def acquire(self, model: str | None = None) -> Release:
        """Take a slot, and return the function that gives it back.

        Raises:
            Overloaded: all slots are in use, or all that the model may have.
        """
        held = self._by_model.get(model, 0)
        if self.in_use >= self.limit or held == self.share:
            limit = self.limit if self.in_use >= self.limit else self.share
            raise Overloaded(f"{limit} {self.what} are in flight, which is the limit; try again in a moment.")
        self.in_use += 1
        self._by_model[model] = held + 1
        return partial(self._release, model)

    def _release(self, model: str | None) -> None:
        self.in_use -= 1
        self._by_model[model] -= 1
        if not self._by_model[model]:
            del self._by_model[model]


class _Call(NamedTuple):
    call: Callable[[], Any]
    context: Context
    """With the request id for log lines."""
    result: "asyncio.Future[Any]"


@dataclass
class Pool:
    """A thread pool for CPU-bound calls that serves models in turn, and estimates the wait for a thread."""

    name: str
    threads: int
    initializer: Callable[[], None]
    """Runs once in each thread."""
    _queues: dict[str, deque[_Call]] = field(default_factory=dict)
    """Waiting calls by model; the model whose turn it is comes first."""
    _running: int = 0
    _closed: bool = False
    _call_s: float = 0.0
    """Moving average of call times."""
    _executor: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.threads, self.name, self.initializer)

    @property
    def idle(self) -> bool:
        """Whether no call is running, so that a new one starts at once."""
        return not self._running

    def wait_s(self, model: str, calls: float = 0.0) -> float:
        """Estimate how long a new call for a model waits for a thread when `calls` others of it are made before it."""
        own = len(self._queues.get(model, ())) + calls
        others = sum(min(len(queue), own + 1) for name, queue in self._queues.items() if name != model)
        return (self._running + own + others) * self._call_s / self.threads

    async def run(self, call: Callable[[], T], model: str = "") -> T:
        """Make a call for a model in one of the threads.

        Raises:
            Unavailable: the pool is closed, while an open page still predicts.
        """
        if self._closed:
            raise Unavailable("The server is shutting down; try again in a moment.")
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(model, deque()).append(_Call(call, copy_context(), result))
        self._start()
        try:
            return await result
        finally:
            # Its error refers to this frame, and so to the body of the request: otherwise a reference cycle.
            del result

    def close(self) -> None:
        """Accept no more calls; pending ones are completed."""
        self._closed = True
        self._start()
        self._executor.shutdown(wait=False)

    def _start(self) -> None:
        """Start calls while threads are free; one more is handed over, so that none waits for the event loop.

        A pool that is closed hands over all of them.
        """
        while self._queues and (self._closed or self._running <= self.threads):
            model = next(iter(self._queues))
            queue = self._queues.pop(model)
            call = queue.popleft()
            if queue:
                # Its next turn is after all others.
                self._queues[model] = queue
            if call.result.cancelled():
                continue
            running = asyncio.get_running_loop().run_in_executor(
                self._executor, call.context.run, self._timed, call.call
            )
            self._running += 1
            running.add_done_callback(partial(self._on_done, call.result))

    def _on_done(self, result: "asyncio.Future[Any]", done: "asyncio.Future[Any]") -> None:
        self._running -= 1
        self._start()
        error = done.exception()
        if result.cancelled():
            return
        if error:
            result.set_exception(error)
        else:
            result.set_result(done.result())

    def _timed(self, call: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return call()
        finally:
            self._call_s += SMOOTHING * (time.perf_counter() - started - self._call_s)


async def prefetch(pool: Pool, model: str, calls: Iterable[Callable[[], bytes]]) -> AsyncIterator[bytes]:
    """Yield the results of calls for a model in order, with up to `PREFETCH` + 1 calls in flight."""
    in_flight: deque[Awaitable[bytes]] = deque()
    for call in calls:
        in_flight.append(asyncio.ensure_future(pool.run(call, model)))
        if len(in_flight) > PREFETCH:
            yield await in_flight.popleft()
    while in_flight:
        yield await in_flight.popleft()
