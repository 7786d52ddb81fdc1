"""The active version in memory: it follows what any process activates, and goes on where that cannot be loaded."""

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
"""How long a request waits for what is still loading after a start."""
POLL_S = 0.5
"""How often the store is polled for what another process activated."""
RETRY_S, MAX_RETRY_S = 5.0, 3_600.0
"""Backoff before an active version that cannot be loaded is tried again: doubled each time, up to the second."""


@dataclass
class ActiveVersion:
    """Swaps the version that answers, whole, when another one is activated."""

    store: ModelStore
    cache: ModelCache
    fitted: "ml.FittedModel | None" = None
    """What answers."""
    wanted: int | None = None
    """The version that is active in the store, whether it answers here or not."""
    _problem: MlappError | None = None
    """Why that version cannot answer."""
    _retry_at: float = 0.0
    """When to try again to load it, by `time.monotonic`."""
    _backoff_s: float = 0.0
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Task[None] | None = None
    _frozen: bool = False
    """Whether what predicts is loaded for good."""
    _outage: Outage = field(default_factory=lambda: Outage(log, "The store cannot be followed"))

    def start(self) -> None:
        """Begin to load the active version, and to follow the store."""
        self._poller = asyncio.create_task(self._poll())

    def close(self) -> None:
        """Stop following."""
        if self._poller:
            self._poller.cancel()

    @property
    def message(self) -> str:
        """What to expect of it, in a sentence."""
        if self.fitted and self._problem:
            return f"Model {self.fitted.model.version} answers in place of the active one. {self._problem.detail}"
        if self.fitted:
            return f"Model {self.fitted.model.version} answers."
        if not self._loaded.is_set():
            return "The model is still loading; try again in a few seconds."
        if self._outage.failures:
            return "The store cannot be read now, see the log; try again in a moment."
        return self._problem.detail if self._problem else "There is no model yet; train one: POST /train."

    @property
    def problem(self) -> str | None:
        """Why the version that is active in the store does not answer; None when it does, or when it is loading."""
        return self._problem.detail if self._problem else None

    async def get(self) -> "ml.FittedModel":
        """Return what answers, as soon as it is loaded.

        Raises:
            Unavailable: nothing can answer.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), LOADING_S)
        if self.fitted is None:
            raise Unavailable(self.message)
        return self.fitted

    async def refresh(self) -> None:
        """Take up the version that is active in the store; the old one answers until the new one is loaded."""
        await self.cache.run(self._load)
        self._loaded.set()

    async def _poll(self) -> None:
        while True:
            with self._outage.tolerate():
                await self._follow()
            # What answers goes on; where nothing does, no request waits for it.
            self._loaded.set()
            await asyncio.sleep(POLL_S)

    async def _follow(self) -> None:
        """Take up what another process activated; the first version there is brings the libraries with it."""
        active = await asyncio.to_thread(self.store.active)
        if active != self.wanted:
            if self.fitted is None:
                self._loaded.clear()
            await self.refresh()
        elif self._problem and time.monotonic() >= self._retry_at:
            await self.refresh()
        self._loaded.set()
        # The libraries take 80 MB, which a server without a model can do without.
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
            # The store cannot be read now: what answered until now goes on.
            raise
        except MlappError as error:
            self._back_off(active, error)
            return
        if self._problem:
            log.info("Model %s answers from now on.", active)
        self.wanted, self.fitted, self._problem = active, fitted, None

    def _back_off(self, active: int, problem: MlappError) -> None:
        """Note why the active version cannot answer, and when to try again."""
        again = self._problem if active == self.wanted else None
        self._backoff_s = min(2 * self._backoff_s, MAX_RETRY_S) if again else RETRY_S
        self._retry_at = time.monotonic() + self._backoff_s
        self.wanted, self._problem = active, problem
        if again is None or again.detail != problem.detail:
            answering = self.fitted.model.version if self.fitted else None
            fields = {"wanted_version": active, "answering_version": answering}
            self.cache.log_problem(active, f"The active model cannot answer: {problem.detail}", problem, **fields)
