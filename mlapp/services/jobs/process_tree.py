"""Processes and those they started: found, weighed, ended, and told in words how they ended."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess

import psutil

from mlapp.errors import MlappError, TrainingAborted, TrainingFailed

PATIENCE_S = 0.5
"""How long a process may take to end when it is told to."""
FOR_MEMORY = (signal.SIGKILL, signal.SIGABRT)
"""What a process mostly gets for want of memory: the first from the kernel, the second from itself."""
FROM_OUTSIDE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def lives(process: BaseProcess) -> bool:
    """Return whether a process has not ended; asks the system, so that nobody else's waiting for it is disturbed."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE
    return False


def resident_bytes(process: BaseProcess) -> int:
    """Return what a process and those it started hold in memory."""
    total = 0
    for each in family(process):
        with suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total


def end(process: BaseProcess, patience_s: float = 0.0) -> bool:
    """End a process and those it started; first wait for it to end by itself, and return whether it has."""
    process.join(patience_s)
    by_itself = not lives(process)
    end_family(process)
    process.join(PATIENCE_S)
    return by_itself


def end_family(process: BaseProcess) -> None:
    """End those that a process started, and the process if it still lives."""
    members = family(process)
    for each in members:
        with suppress(psutil.NoSuchProcess):
            each.terminate()
    for each in psutil.wait_procs(members, PATIENCE_S)[1]:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def family(process: BaseProcess) -> set[psutil.Process]:
    """Return a process and those it started; when it has ended, those of its session, which outlive it."""
    found: set[psutil.Process] = set()
    for pid in _leaders(process):
        with suppress(psutil.NoSuchProcess):
            member = psutil.Process(pid)
            found |= {member, *member.children(recursive=True)}
    return found


def _leaders(process: BaseProcess) -> Iterator[int]:
    for pid in psutil.pids():
        with suppress(ProcessLookupError):
            # One that has just been forked has no session of its own yet.
            if process.pid in (pid, os.getsid(pid)):
                yield pid


def why_died(exit_code: int) -> MlappError:
    """Return the error of a training process that ended without a result."""
    if exit_code >= 0:
        return TrainingAborted(f"The training process ended without a result (exit status {exit_code}); train again.")
    how = f"signal {-exit_code}: {signal.strsignal(-exit_code)}"
    if -exit_code in FOR_MEMORY:
        said = f"The training was killed ({how}), most often for want of memory; send fewer rows or columns."
        return TrainingAborted(said)
    if -exit_code in FROM_OUTSIDE:
        return TrainingAborted(f"The training was ended by somebody else ({how}); train again.")
    return TrainingFailed(f"The training crashed ({how}), most often by a bug in a library; name another estimator.")
