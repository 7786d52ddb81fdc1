"""Misbehaving estimators, which the submission registers in the training process."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from sklearn.dummy import DummyClassifier

from mlapp import ml
from mlapp.ml.estimators import ESTIMATORS, Recipe
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Submission, Task
from mlapp.services import jobs
from mlapp.services.jobs.ipc import Progress, send
from mlapp.store import ModelStore


def buggy(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    raise RuntimeError("a screw is loose")


def hungry(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    raise MemoryError


def quitting(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    os._exit(3)


def leaving(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    os._exit(0)


def crashing(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    endless(_, __, ___)


def endless(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    # In short waits: coverage handles SIGTERM in Python, and the kernel may deliver it to another thread, whose handler
    # runs only when the main thread wakes up.
    while True:
        time.sleep(0.05)


def growing(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    held = b"x" * 600_000_000
    endless(_, __, ___)
    raise AssertionError(held)


def stubborn(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    endless(_, __, ___)


def bearing(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    subprocess.Popen(["sleep", "600"])
    endless(_, __, ___)


def mumbling(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    _pipe().send_bytes(b"mumble")
    os._exit(3)


def foreign(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    _pipe().send("Bonjour")
    os._exit(3)


def breaking_off(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    # The header of a message of a thousand bytes.
    os.write(_pipe().fileno(), (1_000).to_bytes(4, "big") + b"half")
    os._exit(3)


def announcing(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    # The header of a message of four gigabytes.
    os.write(_pipe().fileno(), (-1).to_bytes(4, "big", signed=True) + (4 << 30).to_bytes(8, "big"))
    endless(_, __, ___)


def flooding(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    while True:
        send(Progress("flood", 0.5), _pipe())


def forking(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    if os.fork() == 0:
        time.sleep(600)
    os._exit(3)


def orphaning(_: Task, __: FeatureColumns, ___: int) -> NoReturn:
    child = subprocess.Popen(["sleep", "600"])
    send(Progress(str(child.pid), 0.5), _pipe())
    os._exit(3)


class Unloadable(DummyClassifier):  # type: ignore[misc]
    """Can be saved, but not be loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _loosen, ()


def _loosen() -> NoReturn:
    raise RuntimeError("a screw is loose")


def unloadable(_: Task, __: FeatureColumns, ___: int) -> Unloadable:
    return Unloadable()


def model_file(code: str) -> bytes:
    """A model file that runs a line of Python when it is loaded."""
    return f"cbuiltins\nexec\n(V{code}\ntR.".encode()


def add_unloadable(store: ModelStore, model: str, like: int) -> int:
    """Store a version that cannot be loaded, with the record of another one of the model."""
    file = model_file("raise RuntimeError('a screw is loose')")
    record = store.record(model, like).model_copy(update={"model_sha256": hashlib.sha256(file).hexdigest()})
    return store.add(model, file, record)


def _pipe() -> Connection:
    """The pipe to the server."""
    frame = sys._getframe()
    while not isinstance(pipe := frame.f_locals.get("results"), Connection):
        assert frame.f_back
        frame = frame.f_back
    return pipe


ALL: tuple[Callable[[Task, FeatureColumns, int], Any], ...] = (
    *(buggy, hungry, quitting, leaving, endless, growing, stubborn, bearing, mumbling, foreign, breaking_off),
    *(announcing, flooding, forking, orphaning, crashing, unloadable),
)
RECIPES = {recipe.__name__: Recipe(recipe) for recipe in ALL} | {
    # A bug: the cost is not a number.
    "costly": Recipe(buggy, cost="a fortune"),  # type: ignore[arg-type]
}


class Misbehaving(Submission):
    """A training on the table wine whose estimator is known in the training process only."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.options,)


class Unimportable(Submission):
    """A training in a process that cannot import the estimators."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive_unimportable, (self.options,)


def _arrive_unimportable(options: dict[str, Any]) -> Submission:
    del sys.modules["mlapp.services.jobs.worker"], jobs.worker, ml.estimators
    again = ("mlapp.ml.catalog", "mlapp.ml.data.", "mlapp.ml.training.", "mlapp.services.submissions")
    for name in [name for name in sys.modules if name.startswith(again)]:
        del sys.modules[name]
    sys.modules["mlapp.ml.estimators"] = None  # type: ignore[assignment]
    return Submission(dataset="wine", options=options)


def _arrive(options: dict[str, Any]) -> Submission:
    ESTIMATORS.update(RECIPES)
    return Submission(dataset="wine", options=options)


def misbehaving(estimator: str) -> Submission:
    return Misbehaving(dataset="wine", options={"estimator": estimator})
