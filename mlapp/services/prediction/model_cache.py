"""ModelCache: an LRU cache of loaded versions, with a thread that loads them."""

import asyncio
import gc
import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TypeVar

from mlapp import ml, tables
from mlapp.errors import Conflict, MlappError, reason
from mlapp.services.prediction.batching import MAX_BATCH_ROWS
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

T = TypeVar("T")

CAPACITY = 4
"""Number of versions in memory."""
FAST_BATCH_S = 2e-3
"""Versions that predict a full batch within this time predict on the event loop, others in a thread."""
GC_THRESHOLD = 5_000


@dataclass
class ModelCache:
    """The most recently used versions, ready to predict."""

    store: ModelStore
    _loaded: "OrderedDict[int, ml.FittedVersion]" = field(default_factory=OrderedDict)
    """The most recently used one is last."""
    _logged: set[int] = field(default_factory=set)
    """Versions whose failure to load has been logged."""
    _loader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "load"))

    async def get(self, version: int) -> "ml.FittedVersion":
        """Return a version, and load it unless it is cached.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version cannot be loaded.
        """
        try:
            return await self.run(lambda: self.load(version))
        except Conflict as error:
            # Logged once until it can be loaded.
            if error.__cause__ and version not in self._logged:
                self.log_problem(version, error.detail, error)
            raise

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in the loading thread; its log lines have the request id."""
        return await asyncio.get_running_loop().run_in_executor(self._loader, copy_context().run, call)

    def load(self, version: int) -> "ml.FittedVersion":
        """Do what `get` does; to be called in the loading thread."""
        model = describe(self.store, version)
        if version in self._loaded:
            self._loaded.move_to_end(version)
            return self._loaded[version]
        with _errors_as_conflict(version):
            # Imports what the first prediction needs.
            _ = tables.read_request, tables.write_table
            fitted = ml.load_version(model, self.store.file(version))
            fitted.is_fast = _batch_s(fitted) <= FAST_BATCH_S
        self._logged.discard(version)
        self._loaded[version] = fitted
        if len(self._loaded) > CAPACITY:
            self._loaded.popitem(last=False)
        return fitted

    def log_problem(self, version: int, message: str, error: MlappError, **fields: int | None) -> None:
        """Log why a version cannot be loaded, with the traceback of the cause."""
        self._logged.add(version)
        trace = {"trace": "".join(traceback.format_exception(error.__cause__))} if error.__cause__ else {}
        log.error(message, extra={**fields, **trace})

    def close(self) -> None:
        """Stop loading."""
        self._loader.shutdown(wait=False)


def _batch_s(fitted: "ml.FittedVersion") -> float:
    """Return the time in which a version predicts a full batch, the shortest of three."""
    requests, times = [fitted.examples[:1]] * MAX_BATCH_ROWS, []
    for _ in range(3):
        started = time.perf_counter()
        fitted.predict_batch(requests)
        times.append(time.perf_counter() - started)
    return min(times)


@contextmanager
def _errors_as_conflict(version: int) -> Iterator[None]:
    """Turn any error of loading a version into one that names the version.

    Raises:
        Conflict: the version cannot be loaded; its `__cause__` is the original error.
    """
    try:
        yield
    except MlappError:
        raise
    # Unpickling imports and runs code of any library, which may raise anything, or exit.
    except (Exception, SystemExit) as error:
        detail = f"Model {version} cannot be loaded: {reason(error)}"
        raise Conflict(f"{detail}; see the log, then activate another model or train again.") from error


def use_one_thread() -> None:
    """Initialize a pool thread: it predicts without further threads, as requests are spread over the pool already."""
    # An error would break the pool for good; finding the libraries opens a file, which may fail.
    with suppress(OSError):
        ml.use_one_thread()


def freeze_loaded() -> None:
    """Tune the garbage collector for a server; otherwise it takes an eighth of the time of a prediction.

    Loaded libraries are excluded: traversing their half a million objects blocked the process for 100 to 150 ms, which
    one request in a hundred noticed. The threshold is higher, as the objects of requests in flight stay alive anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
