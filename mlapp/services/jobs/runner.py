"""Processes: trains, previews and reads files in processes of their own, forked from a fork server, within limits."""

import asyncio
import logging
import multiprocessing
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import ClassVar

from mlapp.errors import EstimatorsBroken, MlappError, TrainingAborted, TrainingFailed
from mlapp.services.jobs.import_check import report_import_errors
from mlapp.services.jobs.ipc import Failed, Message, Progress, Request, Result, Started, receive, send
from mlapp.services.jobs.process_tree import exit_error, is_alive, resident_bytes, terminate, terminate_tree

log = logging.getLogger(__name__)

PRELOAD = "mlapp.services.jobs.preload"
"""The module that the fork server imports at its start."""
WATCH_S = 0.2
"""Interval at which the limits of a process are checked."""
MESSAGE_S = 0.001
"""Minimum interval between two messages: a process that sends faster is blocked by the full pipe."""
BROKEN_GRACE_S = 0.5
"""How long a process may take to exit after its pipe has broken."""
FORK_TIMEOUT_S, FORK_RETRY_S = 10.0, 0.1
"""How long, and how often, a fork is retried while the fork server is dying."""
EXIT_GRACE_S = 5.0
"""How long a process may take to exit after its last message."""
MEGABYTE = 1_000_000
REMEDY = "send fewer rows or columns, or choose a simpler estimator"


@dataclass
class Processes:
    """Forks training processes from a fork server that has scikit-learn loaded, and stops it when idle.

    So small trainings start at once, and a server that trains nothing uses little memory.
    """

    memory_mb: int | None = None
    """Limit on the resident memory of a process tree."""
    limit_s: float = 3_600.0
    """Limit on the run time of a process."""
    idle_s: float = 60.0
    """How long the fork server outlives the last process."""
    preload: tuple[str, ...] = ()
    """More modules that the fork server imports, beside `PRELOAD`."""
    _running: set[BaseProcess] = field(default_factory=set)
    # One for all, as they share the fork server: stopped during a fork, it would wait for that process to end.
    _forking: ClassVar[threading.Lock] = threading.Lock()
    _idle: asyncio.TimerHandle | None = None

    async def run(
        self,
        kind: str,
        request: Request,
        on_message: Callable[[Started | Progress], None],
        limit_s: float | None = None,
    ) -> Result:
        """Run a `train`, `preview` or `read` process, and return its result; then its process tree is terminated.

        `on_message` is called with the messages before the result. `limit_s` replaces the limit on the run time.

        Raises:
            TrainingFailed: the process crashed, or exceeded a limit of memory or time.
            TrainingAborted: it was killed, exited without a result or could not be started.
            MlappError: the table or the options are invalid.
        """
        self._cancel_idle_timer()
        try:
            process, results = await self._start(kind, request)
            return await self._receive(process, results, on_message, limit_s or self.limit_s)
        finally:
            self._start_idle_timer()

    def close(self) -> None:
        """Stop the fork server; no process may be running."""
        self._cancel_idle_timer()
        self._stop_fork_server()

    @property
    def pids(self) -> list[int]:
        """The process ids of running trainings and previews."""
        return [process.pid for process in self._running if process.pid]

    async def _receive(
        self,
        process: BaseProcess,
        results: Connection,
        on_message: Callable[[Started | Progress], None],
        limit_s: float,
    ) -> Result:
        self._running.add(process)
        messages: asyncio.Queue[Message | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_forward, args=(results, loop, messages), daemon=True).start()
        errors: list[MlappError] = []
        watch = asyncio.create_task(self._watch(process, errors, limit_s))
        grace_s, exited, reading = 0.0, True, True
        try:
            while isinstance(message := await messages.get(), Started | Progress):
                reading = False
                on_message(message)
            grace_s = EXIT_GRACE_S if message else BROKEN_GRACE_S
        finally:
            watch.cancel()
            exited = await asyncio.to_thread(terminate, process, grace_s)
            self._running.discard(process)
        if not exited:
            errors.append(TrainingAborted("The training process sent an unreadable result; train again."))
        return _result(message, errors[0] if errors else exit_error(process.exitcode or 0, reading=reading))

    async def _start(self, kind: str, request: Request) -> tuple[BaseProcess, Connection]:
        starting = asyncio.create_task(asyncio.to_thread(self._fork, kind, request))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread cannot be cancelled: the process starts nevertheless.
            with suppress(TrainingAborted):
                process, results = await starting
                await asyncio.to_thread(terminate, process)
                results.close()
            raise

    def _fork(self, kind: str, request: Request) -> tuple[BaseProcess, Connection]:
        # Ctrl-C signals all processes of a terminal. These inherit a blocked SIGINT, as the server terminates them.
        # The resource tracker is started first, as its start unblocks the signal.
        with self._forking:
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            deadline = time.monotonic() + FORK_TIMEOUT_S
            while True:
                try:
                    return _fork(kind, request, self.preload)
                except (OSError, EOFError) as error:
                    if time.monotonic() > deadline:
                        raise TrainingAborted("The training process could not be started; train again.") from error
                    # The fork server was dying during the request; once it is dead, the next fork starts another one.
                    log.warning("The fork server of trainings has died; it is restarted.")
                    time.sleep(FORK_RETRY_S)

    async def _watch(self, process: BaseProcess, errors: list[MlappError], limit_s: float) -> None:
        """Terminate a process tree when it exceeds a limit, adding the error, or when its root has exited."""
        started = time.monotonic()
        while await asyncio.to_thread(is_alive, process):
            await asyncio.sleep(WATCH_S)
            elapsed_s = time.monotonic() - started
            if limit := await asyncio.to_thread(self._exceeded_limit, process, elapsed_s, limit_s):
                errors.append(TrainingFailed(f"The training exceeded its limit of {limit}."))
                break
        # Descendants may hold the other end of the pipe open.
        await asyncio.to_thread(terminate_tree, process)

    def _exceeded_limit(self, process: BaseProcess, elapsed_s: float, limit_s: float) -> str | None:
        """Return the limit that a process exceeds, and what to do about it."""
        if elapsed_s > limit_s:
            return f"{limit_s / 60:,.0f} minutes; {REMEDY}"
        if self.memory_mb is not None and resident_bytes(process) > self.memory_mb * MEGABYTE:
            return f"{self.memory_mb:,} MB of memory (MLAPP_JOB_MEMORY_MB); {REMEDY}"
        return None

    def _cancel_idle_timer(self) -> None:
        if self._idle:
            self._idle.cancel()

    def _start_idle_timer(self) -> None:
        self._cancel_idle_timer()
        self._idle = asyncio.get_running_loop().call_later(self.idle_s, self._stop_when_idle)

    def _stop_when_idle(self) -> None:
        if multiprocessing.active_children():
            # Another app of this process trains, or a process that was killed is not gone yet.
            self._start_idle_timer()
        else:
            asyncio.get_running_loop().run_in_executor(None, self._stop_fork_server)

    def _stop_fork_server(self) -> None:
        """Stop the fork server, unless a process is running."""
        with self._forking, suppress(ChildProcessError):
            if not multiprocessing.active_children():
                # There is no public API; CPython's own tests use this method, which is as old as the fork server.
                forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def _fork(kind: str, request: Request, preload: tuple[str, ...]) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOAD, *preload])
    results, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run_worker, args=(kind, request, sender), daemon=True)
    try:
        process.start()
    finally:
        # The process now holds the only copy, so that its exit closes the pipe.
        sender.close()
    return process, results


def _run_worker(kind: str, request: Request, results: Connection) -> None:
    try:
        with report_import_errors():
            # Imported here, as it would cost the server a second and 80 MB.
            from mlapp.services.jobs import worker
    except EstimatorsBroken as error:
        send(Failed(error, traceback.format_exc()), results)
        return
    worker.run(kind, request, results)


def _forward(results: Connection, loop: asyncio.AbstractEventLoop, messages: "asyncio.Queue[Message | None]") -> None:
    """Forward messages from the pipe to the queue; the last is the result, or None if the pipe broke."""
    message: Message | None = None
    # The pipe may hold any bytes, the loop may be closed, and memory may be exhausted.
    with results, suppress(EOFError, OSError, ValueError, RuntimeError, MemoryError):
        while isinstance(message := receive(results), Started | Progress):
            loop.call_soon_threadsafe(messages.put_nowait, message)
            time.sleep(MESSAGE_S)
    last = None if isinstance(message, Started | Progress) else message
    # The loop may be closed.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(messages.put_nowait, last)


def _result(message: Result | Failed | None, otherwise: MlappError) -> Result:
    if message is None:
        raise otherwise
    if isinstance(message, Failed):
        if message.trace:
            log.error("A training failed with an exception.", extra={"trace": message.trace})
        raise message.error
    return message
