"""Cache of loaded versions: loads them in a thread of its own, and keeps those used last."""

import asyncio
import gc
import logging
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
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

T = TypeVar("T")

COLLECT_OBJECTS = 5_000
CAPACITY = 4
"""Versions that stay in memory."""


@dataclass
class ModelCache:
    """Versions ready to predict."""

    store: ModelStore
    _kept: "OrderedDict[int, ml.FittedModel]" = field(default_factory=OrderedDict)
    """The one used last comes last."""
    _logged: set[int] = field(default_factory=set)
    """Versions of which the log says that they cannot be loaded."""
    _loader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "load"))

    async def get(self, version: int) -> "ml.FittedModel":
        """Return a version, loaded when it is not kept.

        Raises:
            NotFound: there is no such version.
            Conflict: it cannot be loaded.
        """
        try:
            return await self.run(lambda: self.load(version))
        except Conflict as error:
            # Once, until it could be loaded.
            if error.__cause__ and version not in self._logged:
                self.log_problem(version, error.detail, error)
            raise

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in the thread that loads; its log lines name the request."""
        return await asyncio.get_running_loop().run_in_executor(self._loader, copy_context().run, call)

    def load(self, version: int) -> "ml.FittedModel":
        """Do what `get` does, in the thread that loads."""
        model = describe(self.store, version)
        if version in self._kept:
            self._kept.move_to_end(version)
            return self._kept[version]
        with _explained(version):
            # What the first prediction needs.
            _ = tables.read_request, tables.write_table
            fitted = ml.load_model(model, self.store.file(version))
        self._logged.discard(version)
        self._kept[version] = fitted
        if len(self._kept) > CAPACITY:
            self._kept.popitem(last=False)
        return fitted

    def log_problem(self, version: int, message: str, error: MlappError, **fields: int | None) -> None:
        """Log why a version cannot be loaded, with the trace of the cause."""
        self._logged.add(version)
        trace = {"trace": "".join(traceback.format_exception(error.__cause__))} if error.__cause__ else {}
        log.error(message, extra={**fields, **trace})

    def close(self) -> None:
        """Load nothing more."""
        self._loader.shutdown(wait=False)


@contextmanager
def _explained(version: int) -> Iterator[None]:
    """Turn whatever is raised while a version is loaded into a sentence about that version.

    Raises:
        Conflict: the version cannot be loaded; its `__cause__` is what was raised.
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
    """Have a thread of a pool predict by itself: it is the pool that shares the work."""
    # A pool whose threads cannot start is broken for good; and finding the libraries takes an open file.
    with suppress(OSError):
        ml.use_one_thread()


def freeze_loaded() -> None:
    """Tune the garbage collector for a server: it takes an eighth of the time of a prediction otherwise.

    What is loaded for good is out of its sight: to go through half a million objects of the libraries took 100 to
    150 ms, in which nothing was answered, so that one request in a hundred waited that long. And it waits for more
    objects, since those of the requests in flight live on anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_OBJECTS)
