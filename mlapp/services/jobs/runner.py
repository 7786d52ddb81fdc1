"""Processes: where tables of strangers are read and models are fitted, one process a piece of work."""

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

from mlapp.errors import EstimatorsBroken, MlappError, TrainingAborted, TrainingFailed
from mlapp.schemas import Submission
from mlapp.services.jobs.import_check import importing
from mlapp.services.jobs.ipc import Failed, Finished, Looked, Message, Progress, Started, receive, send
from mlapp.services.jobs.process_tree import end, end_family, lives, resident_bytes, why_died

log = logging.getLogger(__name__)

WORKER = "mlapp.services.jobs.preload"
"""What is loaded before the first fork."""
WATCH_S = 0.2
"""How often a process is looked at."""
PACE_S = 0.001
"""Least time between two messages: of more, the rest waits in the pipe, and whoever sends them."""
DYING_S = 0.5
"""How long a process may take to end, from which no further message can come."""
REVIVAL_S, PAUSE_S = 10.0, 0.1
"""How long, and how often, it is tried to fork while what is forked from is dying."""
LAST_WORDS_S = 5.0
"""How long a process may take to end by itself, after its last message."""
MEGABYTE = 1_000_000


@dataclass
class Processes:
    """Forks processes from one that has scikit-learn loaded, and ends that one when it has nothing to do.

    So a small piece of work starts at once, and a server that trains nothing stays small.
    """

    memory_mb: int | None = None
    """Resident memory that a process may take."""
    limit_s: float = 3_600.0
    """How long it may take."""
    idle_s: float = 60.0
    """How long to keep what is loaded for the next process."""
    _live: set[BaseProcess] = field(default_factory=set)
    _forking: threading.Lock = field(default_factory=threading.Lock)
    _idle: asyncio.TimerHandle | None = None

    async def run(
        self, work: str, submission: Submission, heard: Callable[[Started | Progress], None]
    ) -> Finished | Looked:
        """Do a piece of work, `train` or `look`; when cancelled, and at the end, its process is gone.

        `heard` is given what the process says on the way.

        Raises:
            TrainingFailed: the process crashed, or took more memory or time than it may.
            TrainingAborted: it was killed, ended without a result or could not be started.
            MlappError: what was wrong with the table or the options.
        """
        self._stay_loaded()
        try:
            process, results = await self._start(work, submission)
            return await self._hear(process, results, heard)
        finally:
            self._unload_later()

    def close(self) -> None:
        """End what is loaded; nothing may be running any more."""
        self._stay_loaded()
        self._unload()

    @property
    def pids(self) -> list[int]:
        """The processes at work."""
        return [process.pid for process in self._live if process.pid]

    async def _hear(
        self, process: BaseProcess, results: Connection, heard: Callable[[Started | Progress], None]
    ) -> Finished | Looked:
        self._live.add(process)
        messages: asyncio.Queue[Message | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_receive, args=(results, loop, messages), daemon=True).start()
        reasons: list[MlappError] = []
        watch = asyncio.create_task(self._watch(process, reasons))
        patience_s, by_itself = 0.0, True
        try:
            while isinstance(message := await messages.get(), Started | Progress):
                heard(message)
            patience_s = LAST_WORDS_S if message else DYING_S
        finally:
            watch.cancel()
            by_itself = await asyncio.to_thread(end, process, patience_s)
            self._live.discard(process)
        if not by_itself:
            reasons.append(TrainingAborted("The training sent what cannot be read as a result; train again."))
        return _result(message, reasons[0] if reasons else why_died(process.exitcode or 0))

    async def _start(self, work: str, submission: Submission) -> tuple[BaseProcess, Connection]:
        starting = asyncio.create_task(asyncio.to_thread(self._fork, work, submission))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # It starts all the same: in a thread, where nothing stops it.
            with suppress(TrainingAborted):
                process, results = await starting
                await asyncio.to_thread(end, process)
                results.close()
            raise

    def _fork(self, work: str, submission: Submission) -> tuple[BaseProcess, Connection]:
        # Ctrl-C reaches all processes of a terminal; these inherit that it is not for them: the server ends them.
        # The tracker comes first, for its start lets the signal through again.
        with self._forking:
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            gives_up = time.monotonic() + REVIVAL_S
            while True:
                try:
                    return _fork(work, submission)
                except (OSError, EOFError) as error:
                    if time.monotonic() > gives_up:
                        raise TrainingAborted("No process could be started for it; train again.") from error
                    # What it is forked from was dying while it was asked; once it is dead, it is started anew.
                    log.warning("What trainings are forked from has died; it is started again.")
                    time.sleep(PAUSE_S)

    async def _watch(self, process: BaseProcess, reasons: list[MlappError]) -> None:
        """End a process that takes more memory or time than it may, and say why; and what outlives one that died."""
        began = time.monotonic()
        while await asyncio.to_thread(lives, process):
            await asyncio.sleep(WATCH_S)
            if too_much := await asyncio.to_thread(self._too_much, process, time.monotonic() - began):
                reasons.append(TrainingFailed(f"The training took more than {too_much}."))
                break
        # Those that it started may hold the other end of the pipe open.
        await asyncio.to_thread(end_family, process)

    def _too_much(self, process: BaseProcess, took_s: float) -> str | None:
        """Return what a process takes too much of."""
        if took_s > self.limit_s:
            minutes = f"{self.limit_s / 60:,.0f} minutes"
            return f"the {minutes} that one may take; send fewer rows or columns, or name a simpler estimator"
        if self.memory_mb is not None and resident_bytes(process) > self.memory_mb * MEGABYTE:
            return (
                f"the {self.memory_mb:,} MB of memory that one may take (MLAPP_JOB_MEMORY_MB); "
                "send fewer rows or columns, or name a simpler estimator"
            )
        return None

    def _stay_loaded(self) -> None:
        if self._idle:
            self._idle.cancel()

    def _unload_later(self) -> None:
        self._stay_loaded()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self.idle_s, lambda: loop.run_in_executor(None, self._unload))

    def _unload(self) -> None:
        """End what processes are forked from, unless there is one."""
        with self._forking, suppress(ChildProcessError):
            if not multiprocessing.active_children():
                # There is no public way; this one is as old as the fork server, and CPython's own tests go it.
                forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def _fork(work: str, submission: Submission) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WORKER])
    results, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, submission, theirs), daemon=True)
    try:
        process.start()
    finally:
        # Only the process holds that end now, so that its death ends the reading.
        theirs.close()
    return process, results


def _work(work: str, submission: Submission, results: Connection) -> None:
    try:
        with importing():
            # Imported here, for the server itself must not load what trains: it takes a second and 80 MB.
            from mlapp.services.jobs import worker
    except EstimatorsBroken as error:
        send(Failed(error, traceback.format_exc()), results)
        return
    worker.work(work, submission, results)


def _receive(results: Connection, loop: asyncio.AbstractEventLoop, messages: "asyncio.Queue[Message | None]") -> None:
    """Pass on what a process says; None when it has died, or says what nobody understands."""
    message: Message | None = None
    # What stands in a pipe may be anything; and nobody may listen any more, or there be no memory for it.
    with results, suppress(EOFError, OSError, ValueError, RuntimeError, MemoryError):
        while isinstance(message := receive(results), Started | Progress):
            loop.call_soon_threadsafe(messages.put_nowait, message)
            time.sleep(PACE_S)
    last = None if isinstance(message, Started | Progress) else message
    # The loop is closed when nobody listens any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(messages.put_nowait, last)


def _result(message: Finished | Looked | Failed | None, why_none: MlappError) -> Finished | Looked:
    if message is None:
        raise why_none
    if isinstance(message, Failed):
        if message.trace:
            log.error("A training was ended by an exception.", extra={"trace": message.trace})
        raise message.error
    return message
