"""What runs in a process of its own: read the table, train or look, send the result. Nothing of the server is here."""

import faulthandler
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlapp.errors import MlappError, TrainingFailed, Unacceptable, UnreadableBody, shorten
from mlapp.ml.data.training_set import Problem, pose
from mlapp.ml.estimators import describe_estimators
from mlapp.ml.training.runtime_estimate import estimate_s
from mlapp.ml.training.train import train
from mlapp.schemas import MAX_NAME_LENGTH, DataSource, Format, Submission, TrainOptions
from mlapp.services.jobs.ipc import Failed, Finished, Looked, Progress, Started, send
from mlapp.services.options import together, train_options
from mlapp.tables.bundled.datasets import dataset, source_of
from mlapp.tables.formats.json import json_body, not_one
from mlapp.tables.formats.reader import read_file
from mlapp.tables.preview import preview_table
from mlapp.tables.table import Table

NICENESS = 10
"""How far behind the server a process stands in the queue for the processor."""
TELL_S = 0.1
"""How often it tells how far it is, while the stage is the same."""
PATIENCE_S = 0.5
"""How long it may take to end when the server has."""
INSTEAD = ", or 'dataset', the name of a bundled table"


def work(kind: str, submission: Submission, results: Connection) -> None:
    """`train` on a submission or `look` at it: sends `Started` and `Progress`es, then the result or `Failed`."""
    # So that what an estimator starts, and what that starts, is found and ended with this process.
    os.setsid()
    # What was loaded before the fork is shared for as long as nobody writes to it, as a search for garbage does.
    gc.freeze()
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    _stand_back()
    try:
        send(_train(submission, results) if kind == "train" else _look(submission), results)
    except MlappError as error:
        unexpected = isinstance(error, TrainingFailed) and error.__cause__
        send(Failed(error, traceback.format_exc() if unexpected else None), results)
    except MemoryError:
        send(Failed(TrainingFailed("The training ran out of memory; send fewer rows or columns.")), results)
    except BrokenPipeError:
        sys.exit("The server is gone; the training ends.")
    except Exception:  # noqa: BLE001 - what is no MlappError is a bug, and the server has to hear of it
        bug = MlappError("The training hit an error of ours, which is in the log; the same table will hit it again.")
        send(Failed(bug, traceback.format_exc()), results)


def _end_with_the_server() -> None:
    """Wait for the server to end, however it does, and end what is going on here: nobody wants it any more."""
    server = multiprocessing.parent_process()
    assert server  # noqa: S101 - this process was started by it
    server.join()
    # Also where the signal is ignored. `sys.stderr` is not to be had while a fit prints how far it is.
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True, file=2)
    os.killpg(0, signal.SIGTERM)


def _stand_back() -> None:
    """Leave processor and memory to the server, where both are wanted.

    Source: proc_pid_oom_score_adj(5): of all processes, the kernel ends those first that have 1000.
    """
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _train(submission: Submission, results: Connection) -> Finished:
    source, table, options = _read(submission)
    dataset = source.dataset if source else None
    send(Started(dataset, table.frame.height, table.frame.width, options.target, options.estimator), results)
    trained = train(table, options, time.perf_counter, _Teller(results))
    return Finished(trained.file, trained.record | {"source": source}, options)


def _look(submission: Submission) -> Looked:
    _, table, options = _read(submission)
    preview = preview_table(table)
    preview.target = options.target or preview.columns[-1].name
    try:
        problem = pose(table, options.model_copy(update={"target": preview.target}))
        preview.warnings, preview.estimates = _doubts(problem), _estimates(problem)
    except Unacceptable as refusal:
        preview.warnings = [refusal.detail]
    return Looked(preview)


def _doubts(problem: Problem) -> list[str]:
    """Say what speaks against training on a table."""
    return problem.doubts() + [
        f"'{shorten(column.name)}' {column.reason}; it is left out." for column in problem.signature.ignored
    ]


def _estimates(problem: Problem) -> dict[str, float]:
    """Return about how many seconds each estimator will take."""
    rows, features, classes = len(problem.target), len(problem.signature.features), len(problem.classes or [])
    names = [known.name for known in describe_estimators() if problem.task in known.tasks]
    found = {name: estimate_s(name, problem.task, rows, features, classes) for name in names}
    return {name: round(seconds, 1) for name, seconds in found.items() if seconds is not None}


class _Teller:
    """Tells the server how far the training is, from whichever thread."""

    def __init__(self, results: Connection) -> None:
        self._results = results
        self._sending = threading.Lock()
        self._stage, self._at = "", 0.0

    def __call__(self, stage: str, share: float) -> None:
        now = time.monotonic()
        with self._sending:
            if stage != self._stage or now - self._at >= TELL_S:
                self._stage, self._at = stage, now
                send(Progress(stage, share), self._results)


def _read(submission: Submission) -> tuple[DataSource | None, Table, TrainOptions]:
    """Return where the table came from, the table, and the options."""
    if submission.path is None or submission.format is None:
        return _bundled(submission.dataset, submission.options)
    try:
        data = Path(submission.path).read_bytes()
    except FileNotFoundError:
        # Whoever sent it has closed the page, and waits no longer.
        raise UnreadableBody("The file is gone; send it again.") from None
    if submission.format is not Format.JSON:
        source = DataSource(file=shorten(submission.name, MAX_NAME_LENGTH)) if submission.name else None
        return source, read_file(data, submission.format), train_options(submission.options)
    table, beside = json_body(data, INSTEAD)
    options = together(submission.options, {name: value for name, value in beside.items() if name != "dataset"})
    if "dataset" not in beside:
        if table is None:
            raise not_one(INSTEAD)
        return None, table, train_options(options)
    if table is not None:
        raise Unacceptable("Send exactly one of 'records', 'columns' and 'dataset'.")
    return _bundled(beside["dataset"], options)


def _bundled(name: object, options: dict[str, Any]) -> tuple[DataSource, Table, TrainOptions]:
    if not isinstance(name, str):
        raise Unacceptable("'dataset' is the name of a bundled table; GET /datasets lists them.")
    table, target = dataset(name)
    return source_of(name), table, train_options({"target": target} | options)
