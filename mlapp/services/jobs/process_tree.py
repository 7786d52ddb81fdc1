"""Process trees: liveness, memory, termination, and the error for an exit status."""

import os
import signal
from contextlib import suppress
from multiprocessing.process import BaseProcess

import psutil

from mlapp.errors import MlappError, TooLarge, TrainingAborted, TrainingFailed

GRACE_S = 0.5
"""Time between SIGTERM and SIGKILL."""
MEMORY_SIGNALS = (signal.SIGKILL, signal.SIGABRT)
"""Usual signs of exhausted memory: the first is sent by the kernel, the second by the process itself."""
EXTERNAL_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def is_alive(process: BaseProcess) -> bool:
    """Return whether a process is running, without reaping it: another thread may be waiting for it."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE
    return False


def resident_bytes(process: BaseProcess) -> int:
    """Return the resident memory of a process tree in bytes."""
    total = 0
    for member in process_tree(process):
        with suppress(psutil.NoSuchProcess):
            total += member.memory_info().rss
    return total


def terminate(process: BaseProcess, grace_s: float = 0.0) -> bool:
    """Wait for a process to exit, then terminate its tree; return whether it exited by itself."""
    process.join(grace_s)
    exited = not is_alive(process)
    terminate_tree(process)
    process.join(GRACE_S)
    return exited


def terminate_tree(process: BaseProcess) -> None:
    """Terminate a process and its descendants."""
    members = process_tree(process)
    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    for member in psutil.wait_procs(members, GRACE_S)[1]:
        with suppress(psutil.NoSuchProcess):
            member.kill()


def process_tree(process: BaseProcess) -> set[psutil.Process]:
    """Return a process and its descendants, including those of its session that have outlived their parent."""
    found: set[psutil.Process] = set()
    for pid in psutil.pids():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            # A process that was just forked has not called setsid() yet.
            if process.pid in (pid, os.getsid(pid)):
                member = psutil.Process(pid)
                found |= {member, *member.children(recursive=True)}
    return found


def exit_error(exit_status: int, *, reading: bool = False) -> MlappError:
    """Return the error of a training process that exited without a result, maybe while it was `reading` the table."""
    if reading and -exit_status == signal.SIGABRT:
        return TooLarge("Reading the table takes too much memory; send fewer rows, or the table as CSV.")
    if exit_status >= 0:
        return TrainingAborted(f"The training process ended without a result (exit status {exit_status}); train again.")
    cause = f"signal {-exit_status}: {signal.strsignal(-exit_status)}"
    if -exit_status in MEMORY_SIGNALS:
        text = f"The training was killed ({cause}), most likely for lack of memory; send fewer rows or columns."
        return TrainingAborted(text)
    if -exit_status in EXTERNAL_SIGNALS:
        return TrainingAborted(f"The training was terminated from outside ({cause}); train again.")
    return TrainingFailed(f"The training crashed ({cause}), most likely in a library; choose another estimator.")
