"""ModelState: which version of a model answers, which one should, and why it does not."""

import asyncio
import time
from dataclasses import dataclass, field

from mlapp.errors import MlappError
from mlapp.schemas import VersionKey

RETRY_S, MAX_RETRY_S = 5.0, 3_600.0
"""Backoff between attempts to load an active version that cannot be loaded: doubled each time, up to the maximum."""


@dataclass
class ModelState:
    """A model that has been asked."""

    answering: VersionKey | None = None
    """The version that answers; it may have been evicted from the cache."""
    wanted: int | None = None
    """The active version of the store, whether or not it can be loaded."""
    problem: MlappError | None = None
    """Why the wanted version does not answer."""
    backoff_s: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while its active version is loaded."""
    _retry_at: float = 0.0
    """Time of the next attempt to load it, by `time.monotonic`."""

    @property
    def is_due(self) -> bool:
        """Whether a version that could not be loaded should be tried again."""
        return self.problem is not None and time.monotonic() >= self._retry_at

    def answer_by(self, key: VersionKey | None) -> None:
        """Have the active version answer; None if there is none."""
        self.answering, self.wanted, self.problem = key, key.version if key else None, None

    def back_off(self, wanted: int, problem: MlappError) -> bool:
        """Store why the active version cannot be loaded, and schedule the next attempt; return whether it is news."""
        previous = self.problem if wanted == self.wanted else None
        self.backoff_s = min(2 * self.backoff_s, MAX_RETRY_S) if previous else RETRY_S
        self._retry_at = time.monotonic() + self.backoff_s
        self.wanted, self.problem = wanted, problem
        return previous is None or previous.detail != problem.detail
