"""VersionCache: an LRU cache of loaded versions, limited by the size of their files, with a thread that loads them."""

import asyncio
import gc
import logging
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field

from mlapp import ml, tables
from mlapp.errors import Conflict, MlappError, reason
from mlapp.schemas import Decision, Record, VersionKey
from mlapp.services.prediction.batching import MAX_BATCH_ROWS
from mlapp.services.stored_versions import check_loads, describe
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

LOADED_BYTES = 100_000_000
FAST_BATCH_S = 2e-3
"""Versions that predict a full batch within this time predict on the event loop, others in a thread."""
GC_THRESHOLD = 5_000
LOADING_SWITCH_S = 1e-4
"""How long the event loop waits for the interpreter while a version is loaded; 5 ms by default, several times for each
request."""


@dataclass
class VersionCache:
    """The most recently used versions, ready to predict. For the event loop; only loading runs in a thread."""

    store: ModelStore
    max_bytes: int = LOADED_BYTES
    """Limit on the size of the files of the loaded versions, except the pinned one."""
    pinned: VersionKey | None = None
    """A version that is never evicted."""
    _loaded: "OrderedDict[VersionKey, ml.FittedVersion]" = field(default_factory=OrderedDict)
    """The most recently used one is last."""
    _loading: "dict[VersionKey, asyncio.Task[ml.FittedVersion]]" = field(default_factory=dict)
    _logged: set[VersionKey] = field(default_factory=set)
    """Versions whose failure to load has been logged."""
    _loader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "load"))
    _one_thread: bool = False
    """Whether `use_one_thread` has run in the loading thread, after the libraries were imported."""
    _tuned: bool = False
    """Whether `freeze_loaded` has run."""

    def get(self, key: VersionKey) -> "ml.FittedVersion | None":
        """Return a version if it is loaded, as the most recently used one."""
        fitted = self._loaded.get(key)
        if fitted:
            self._loaded.move_to_end(key)
        return fitted

    def peek(self, key: VersionKey) -> "ml.FittedVersion | None":
        """Return a version if it is loaded."""
        return self._loaded.get(key)

    async def load(self, key: VersionKey) -> "ml.FittedVersion":
        """Return a version, and load it unless it is loaded; concurrent callers share one load.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version cannot be loaded.
            Unavailable: the store cannot be read now.
        """
        if fitted := self.get(key):
            return fitted
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(self._load(key))
            task.add_done_callback(lambda _: self._loading.pop(key))
        return await asyncio.shield(task)

    async def load_requested(self, key: VersionKey) -> "ml.FittedVersion":
        """Do what `load` does for a version that a request names; its failure is logged once until it can be loaded."""
        try:
            return await self.load(key)
        except Conflict as error:
            if error.__cause__ and key not in self._logged:
                self.log_problem(key, error.detail, error)
            raise

    async def check(self, record: Record, file: bytes) -> None:
        """Load a model file that is not stored yet, in the loading thread.

        Raises:
            TrainingFailed: it cannot be loaded.
        """

        def check() -> None:
            with _short_switches():
                check_loads(record, file)

        await asyncio.get_running_loop().run_in_executor(self._loader, copy_context().run, check)

    def drop(self, model: str) -> None:
        """Drop all versions of a model."""
        for key in [key for key in self._loaded if key.model == model]:
            del self._loaded[key]

    @property
    def models(self) -> set[str]:
        """The models of the loaded versions."""
        return {key.model for key in self._loaded}

    def follow(self, model: str, decision: Decision | None) -> None:
        """Have the loaded versions of a model follow a decision from the next request on."""
        for key, fitted in self._loaded.items():
            if key.model == model and fitted.info.decision != decision:
                self._loaded[key] = fitted.deciding_by(decision)

    def log_problem(self, key: VersionKey, message: str, error: MlappError, **fields: int | None) -> None:
        """Log why a version cannot be loaded, with the traceback of the cause."""
        self._logged.add(key)
        trace = {"trace": "".join(traceback.format_exception(error.__cause__))} if error.__cause__ else {}
        log.error(message, extra={"model": key.model, **fields, **trace})

    def close(self) -> None:
        """Stop loading."""
        self._loader.shutdown(wait=False)

    async def _load(self, key: VersionKey) -> "ml.FittedVersion":
        loop = asyncio.get_running_loop()
        # With the request id in log lines.
        fitted = await loop.run_in_executor(self._loader, copy_context().run, self._read, key)
        self._logged.discard(key)
        self._loaded[key] = fitted
        self._evict()
        if not self._tuned:
            # Not before, as the libraries take 80 MB, which a server without a model does not need.
            self._tuned = True
            ml.use_one_thread()
            loop.run_in_executor(self._loader, freeze_loaded)
        return fitted

    def sizes(self) -> dict[VersionKey, int]:
        """Return the size of the file of each loaded version except the pinned one, the least recently used first."""
        return {key: fitted.file_bytes for key, fitted in self._loaded.items() if key != self.pinned}

    def _evict(self) -> None:
        """Drop the least recently used versions beyond the limit; the latest one stays."""
        counted = self.sizes()
        size = sum(counted.values())
        for key in [*counted][:-1]:
            if size <= self.max_bytes:
                break
            size -= self._loaded.pop(key).file_bytes

    def _read(self, key: VersionKey) -> "ml.FittedVersion":
        info = describe(self.store, *key)
        with _errors_as_conflict(key), _short_switches():
            # Imports what the first prediction needs.
            _ = ml.load_version, tables.read_request, tables.write_table
            if not self._one_thread:
                use_one_thread()
                self._one_thread = True
            fitted = ml.load_version(info, self.store.file(*key))
            fitted.is_fast = _batch_s(fitted) <= FAST_BATCH_S
        return fitted


def _batch_s(fitted: "ml.FittedVersion") -> float:
    """Return the time in which a version predicts a full batch, the shortest of three."""
    requests, times = [fitted.examples[:1]] * MAX_BATCH_ROWS, []
    for _ in range(3):
        started = time.perf_counter()
        fitted.predict_batch(requests)
        times.append(time.perf_counter() - started)
    return min(times)


@contextmanager
def _errors_as_conflict(key: VersionKey) -> Iterator[None]:
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
        detail = f"Version {key.version} of {key.model} cannot be loaded: {reason(error)}"
        raise Conflict(f"{detail}; see the log, then activate another version or train again.") from error


@contextmanager
def _short_switches() -> Iterator[None]:
    """Have the loading thread give way to the event loop often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(LOADING_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


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
