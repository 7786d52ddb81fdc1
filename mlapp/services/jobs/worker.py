"""The training process: reads a table, trains, previews or returns it. Imports nothing of the server."""

import faulthandler
import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from mlapp.errors import EstimatorsBroken, MlappError, TrainingFailed
from mlapp.ml.catalog import add_estimators
from mlapp.ml.training.preview import preview_training
from mlapp.schemas import (
    DataSource,
    KeptTask,
    Submission,
    TablePreview,
    TrainOptions,
    TransferredTable,
)
from mlapp.services.jobs.ipc import Failed, Finished, Progress, ReadRequest, Request, Started, send
from mlapp.services.placement import intended_model, kept_task
from mlapp.services.submissions import TrainingTable, read_submission, train_version
from mlapp.store import ModelStore
from mlapp.tables.formats.reader import read_file
from mlapp.tables.transfer import pack_table

NICENESS = 10
"""Added to the niceness of the server, which so gets the CPU first."""
PROGRESS_S = 0.1
"""Minimum interval between progress messages of the same stage."""
GRACE_S = 0.5
"""How long it may take to end after the server has exited."""
READ_MEMORY_MB, LOAD_MEMORY_MB = 150, 500
"""Limits while a workbook is read for a prediction and for a training: 1.7 and 6 million cells."""


def run(kind: str, request: Request, results: Connection) -> None:
    """`train` on a submission, `preview` it, or `read` a file.

    Sends `Started` and `Progress` messages, then the result or `Failed`.
    """
    # A session of its own, by which all descendants can be found and terminated.
    os.setsid()
    # Garbage collection would write to the pages that are shared with the fork server, and so copy them.
    gc.freeze()
    threading.Thread(target=_exit_with_server, daemon=True).start()
    _lower_priority(0 if isinstance(request, ReadRequest) else NICENESS)
    try:
        if isinstance(request, ReadRequest):
            send(_read(request), results)
        else:
            add_estimators(request.estimators)
            send(_train(request, results) if kind == "train" else _preview(request), results)
    except MlappError as error:
        unexpected = isinstance(error, TrainingFailed | EstimatorsBroken) and error.__cause__
        send(Failed(error, traceback.format_exc() if unexpected else None), results)
    except MemoryError:
        send(Failed(TrainingFailed("The training ran out of memory; send fewer rows or columns.")), results)
    except BrokenPipeError:
        sys.exit("The server has exited; the training ends.")
    except Exception:  # noqa: BLE001 - any other exception is a bug, which the server logs
        bug = MlappError("The training failed with an internal error, see the log; the same table will fail again.")
        send(Failed(bug, traceback.format_exc()), results)


def _exit_with_server() -> None:
    """Wait for the server to exit, and terminate this process and its descendants."""
    server = multiprocessing.parent_process()
    assert server  # noqa: S101 - it started this process
    server.join()
    # Exits even where SIGTERM is ignored. `sys.stderr` may be locked by a fit that prints progress.
    faulthandler.dump_traceback_later(GRACE_S, exit=True, file=2)
    os.killpg(0, signal.SIGTERM)


def _lower_priority(niceness: int) -> None:
    """Give the server precedence for CPU and memory; a request waits for a file that is read.

    Source: proc_pid_oom_score_adj(5): the kernel kills processes with 1000 first.
    """
    os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _read(request: ReadRequest) -> TransferredTable:
    with memory_limit(READ_MEMORY_MB):
        return pack_table(read_file(request.data, request.format, request.options))


@contextmanager
def memory_limit(megabytes: int) -> Iterator[None]:
    """Limit the memory that this process may allocate in a block; beyond it, libraries in Rust abort the process.

    Source: getrlimit(2), RLIMIT_DATA.
    """
    used = psutil.Process().memory_info()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (getattr(used, "data", used.vms) + megabytes * 1_000_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _train(submission: Submission, results: Connection) -> Finished:
    source, table, options = found = _load(submission)
    dataset, model = source.dataset if source else None, intended_model(options, source)
    send(Started(model, dataset, table.frame.height, table.frame.width, options.target, options.estimator), results)
    kept = _kept_task(submission, options, source)
    trained = train_version(found, _ProgressReporter(results), kept, submission.dask)
    return Finished(trained.file, trained.record, options)


def _preview(submission: Submission) -> TablePreview:
    source, table, options = _load(submission)
    preview = preview_training(table, options, _kept_task(submission, options, source))
    return preview.model_copy(update={"read_as": None}) if source and source.dataset else preview


def _kept_task(submission: Submission, options: TrainOptions, source: DataSource | None) -> KeptTask | None:
    return kept_task(ModelStore(Path(submission.store)), options, source) if submission.store else None


class _ProgressReporter:
    """Sends the progress of a training to the server; thread-safe."""

    def __init__(self, results: Connection) -> None:
        self._results = results
        self._sending = threading.Lock()
        self._stage, self._sent_s = "", 0.0

    def __call__(self, stage: str, share: float) -> None:
        now = time.monotonic()
        with self._sending:
            if stage != self._stage or now - self._sent_s >= PROGRESS_S:
                self._stage, self._sent_s = stage, now
                send(Progress(stage, share), self._results)


def _load(submission: Submission) -> TrainingTable:
    return read_submission(submission, partial(memory_limit, LOAD_MEMORY_MB))
