"""TrafficQueue: what was recorded and is not counted yet, within a limit of memory."""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mlapp.schemas import VersionInfo

if TYPE_CHECKING:
    import numpy as np

MAX_CELLS = 1_000_000
"""Limit of the encoded cells in the queue (8 MB); of a larger table, every n-th row is counted."""
BATCH_CELLS = 200
"""A batch takes at least the memory of as many cells; beyond the limit, only the number of its rows is kept."""
MAX_REQUESTS = 100_000


class CompletedRequest(NamedTuple):
    """A request whose response has started."""

    model: str | None
    """The requested name, whether or not there is such a model; None without one."""
    minute: int
    duration_ms: float
    status: int


class PredictedRows(NamedTuple):
    """Rows of one version that were predicted together."""

    minute: int
    info: VersionInfo
    rows: int
    sample: "tuple[np.ndarray, np.ndarray] | None"
    """All rows or every n-th one, encoded, and their predictions; None if only the number of rows is kept."""


@dataclass
class TrafficQueue:
    """Filled by requests, which only append to it, and emptied by the recorder."""

    requests: deque[CompletedRequest] = field(default_factory=lambda: deque(maxlen=MAX_REQUESTS))
    free_cells: int = MAX_CELLS
    """Limit of the cells in the queue, without those in it and those that are taken and not released."""
    _batches: deque[PredictedRows] = field(default_factory=lambda: deque(maxlen=MAX_REQUESTS))
    _warnings: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_rows(self, minute: int, info: VersionInfo, x: "np.ndarray", predicted: "np.ndarray") -> None:
        """Add encoded rows of one or several requests, and their predictions. Thread-safe."""
        # Without the components of texts.
        rows, x = len(x), x[:, : len(info.features)]
        with self._lock:
            if self.free_cells <= 0:
                self._batches.append(PredictedRows(minute, info, rows, None))
                return
            step = -(-x.size // self.free_cells)
            if rows > 1:
                # Copies, as slices would keep the whole table in memory.
                x, predicted = x[::step].copy(), predicted[::step].copy()
            self.free_cells -= max(x.size, BATCH_CELLS)
            self._batches.append(PredictedRows(minute, info, rows, (x, predicted)))

    def add_warnings(self, model: str, count: int) -> None:
        """Add warnings about the values of a request. Thread-safe."""
        with self._lock:
            self._warnings[model] += count

    def take(self) -> tuple[list[CompletedRequest], list[PredictedRows], Counter[str]]:
        """Empty the queue, and return its requests, batches and number of warnings by model."""
        with self._lock:
            # Requests are appended without the lock.
            taken = [self.requests.popleft() for _ in range(len(self.requests))], [*self._batches], self._warnings
            self._batches.clear()
            self._warnings = Counter()
        return taken

    def release(self, batches: list[PredictedRows]) -> None:
        """Give back the cells of batches that were taken."""
        with self._lock:
            self.free_cells += sum(max(batch.sample[0].size, BATCH_CELLS) for batch in batches if batch.sample)
