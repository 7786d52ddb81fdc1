"""ActiveVersion: the version that predicts by default. Follows activations by all processes on the store."""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field

from mlapp import ml
from mlapp.errors import MlappError, Unavailable
from mlapp.services.outages import Outage
from mlapp.services.prediction.model_cache import ModelCache, freeze_loaded
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

LOADING_S = 30.0
"""How long a request waits for a model that is still loading after the start."""
POLL_S = 0.5
"""Interval at which the store is polled for activations by other processes."""
RETRY_S, MAX_RETRY_S = 5.0, 3_600.0
"""Backoff between attempts to load an active version that cannot be loaded: doubled each time, up to the maximum."""


@dataclass
class ActiveVersion:
    """Swaps the loaded version when another one is activated; one that cannot be loaded does not replace it."""

    store: ModelStore
    cache: ModelCache
    fitted: "ml.FittedVersion | None" = None
    """The loaded version; None if there is none."""
    wanted: int | None = None
    """The active version of the store, whether or not it is loaded."""
    _problem: MlappError | None = None
    """Why the wanted version is not loaded."""
    _retry_at: float = 0.0
    """Time of the next attempt to load it, by `time.monotonic`."""
    _backoff_s: float = 0.0
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Task[None] | None = None
    _frozen: bool = False
    """Whether `freeze_loaded` has run."""
    _outage: Outage = field(default_factory=lambda: Outage(log, "Activations cannot be followed"))

    def start(self) -> None:
        """Start loading the active version and following the store."""
        self._poller = asyncio.create_task(self._poll())

    def close(self) -> None:
        """Stop following."""
        if self._poller:
            self._poller.cancel()

    @property
    def message(self) -> str:
        """The state in a sentence, for clients."""
        if self.fitted and self._problem:
            return f"Model {self.fitted.info.version} answers in place of the active one. {self._problem.detail}"
        if self.fitted:
            return f"Model {self.fitted.info.version} answers."
        if not self._loaded.is_set():
            return "The model is still loading; try again in a few seconds."
        if self._outage.failures:
            return "The store cannot be read now, see the log; try again in a moment."
        return self._problem.detail if self._problem else "There is no model yet; train one: POST /train."

    @property
    def problem(self) -> str | None:
        """Why the active version of the store is not loaded; None if it is loaded or loading."""
        return self._problem.detail if self._problem else None

    async def get(self) -> "ml.FittedVersion":
        """Return the loaded version, and wait for it while it is loading.

        Raises:
            Unavailable: no version is loaded.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), LOADING_S)
        if self.fitted is None:
            raise Unavailable(self.message)
        return self.fitted

    async def refresh(self) -> None:
        """Load the active version of the store; the previous one answers until then."""
        await self.cache.run(self._load)
        self._loaded.set()

    async def _poll(self) -> None:
        while True:
            with self._outage.tolerate():
                await self._follow()
            # After a failure, the previous version answers, or requests are rejected without waiting.
            self._loaded.set()
            await asyncio.sleep(POLL_S)

    async def _follow(self) -> None:
        """Load the active version if it has changed, or if its next attempt is due."""
        active = await asyncio.to_thread(self.store.active)
        if active != self.wanted:
            if self.fitted is None:
                self._loaded.clear()
            await self.refresh()
        elif self._problem and time.monotonic() >= self._retry_at:
            await self.refresh()
        self._loaded.set()
        # Not before, as the libraries take 80 MB, which a server without a model does not need.
        if self.fitted and not self._frozen:
            ml.use_one_thread()
            await self.cache.run(freeze_loaded)
            self._frozen = True

    def _load(self) -> None:
        active = self.store.active()
        if active is None:
            self.wanted, self.fitted, self._problem = None, None, None
            return
        try:
            fitted = self.cache.load(active)
        except Unavailable:
            # The store cannot be read now: the previous version continues to answer.
            raise
        except MlappError as error:
            self._back_off(active, error)
            return
        if self._problem:
            log.info("Model %s is loaded and answers.", active)
        self.wanted, self.fitted, self._problem = active, fitted, None

    def _back_off(self, active: int, problem: MlappError) -> None:
        """Store why the active version cannot be loaded, and schedule the next attempt."""
        previous = self._problem if active == self.wanted else None
        self._backoff_s = min(2 * self._backoff_s, MAX_RETRY_S) if previous else RETRY_S
        self._retry_at = time.monotonic() + self._backoff_s
        self.wanted, self._problem = active, problem
        if previous is None or previous.detail != problem.detail:
            answering = self.fitted.info.version if self.fitted else None
            fields = {"wanted_version": active, "answering_version": answering}
            self.cache.log_problem(active, f"The active model cannot answer: {problem.detail}", problem, **fields)
