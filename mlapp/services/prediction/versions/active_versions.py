"""ActiveVersions: which version of each model answers. Follows activations and deletions by all processes."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlapp.errors import MlappError, NotFound, Unavailable
from mlapp.schemas import VersionKey
from mlapp.services.outages import Outage
from mlapp.services.prediction.versions.model_state import ModelState
from mlapp.services.prediction.versions.stored_activations import read_activations
from mlapp.services.prediction.versions.version_cache import VersionCache
from mlapp.store import ModelStore

if TYPE_CHECKING:
    from mlapp import ml

log = logging.getLogger(__name__)

LOADING_S = 30.0
"""How long a request waits for a version that is still loading."""
POLL_S = 0.5
"""Interval at which the store is polled for changes by other processes."""
NO_MODEL = "There is no model yet; train one: POST /train."
LOADING = "The model is still loading; try again in a few seconds."


@dataclass
class ActiveVersions:
    """Swaps the version that answers when another one is activated; one that cannot be loaded replaces none."""

    store: ModelStore
    cache: VersionCache
    default: str | None = None
    """The default model; its active version is loaded at the start, and stays loaded."""
    _models: dict[str, ModelState] = field(default_factory=dict)
    """By name; all exist in the store, or did a moment ago."""
    _followed: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the store has been polled once."""
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the store is read, so that no earlier state replaces a later one."""
    _poller: asyncio.Task[None] | None = None
    _loads: set[asyncio.Task[None]] = field(default_factory=set)
    _outage: Outage = field(default_factory=lambda: Outage(log, "Activations cannot be followed"))

    def start(self) -> None:
        """Start loading the active version of the default model and following the store."""
        self._poller = asyncio.create_task(self._poll())

    def close(self) -> None:
        """Stop following."""
        for task in [self._poller, *self._loads]:
            if task:
                task.cancel()

    def loaded(self, model: str | None) -> "ml.FittedVersion | None":
        """Return the version that answers for a model, the default one by default, if it is loaded."""
        state = self._models.get(model or self.default or "")
        return self.cache.get(state.answering) if state and state.answering else None

    def peek(self, model: str | None) -> "ml.FittedVersion | None":
        """Return what `loaded` returns, without a use in the sense of the cache."""
        state = self._models.get(model or self.default or "")
        return self.cache.peek(state.answering) if state and state.answering else None

    def wanted(self, model: str | None) -> int | None:
        """Return the active version of the store, whether or not it is loaded, of a model that has been asked."""
        state = self._models.get(model or self.default or "")
        return state.wanted if state else None

    def problem(self, model: str | None) -> str | None:
        """Return why the active version of a model is not loaded; None if it is loaded, loading or was not asked."""
        state = self._models.get(model or self.default or "")
        return state.problem.detail if state and state.problem else None

    def message(self, model: str | None = None) -> str:
        """Return the state of a model in a sentence, for clients."""
        name = model or self.default
        state, problem = self._models.get(name or ""), self.problem(name)
        if state and state.answering:
            answers = f"Version {state.answering.version} of {name} answers"
            return f"{answers} in place of the active one. {problem}" if problem else f"{answers}."
        if not self._followed.is_set() or (state and state.lock.locked()):
            return LOADING
        if self._outage.failures:
            return "The store cannot be read now, see the log; try again in a moment."
        if problem:
            return problem
        return _without_active(name) if name else NO_MODEL

    async def get(self, model: str | None) -> "ml.FittedVersion":
        """Return the version that answers for a model, and load it unless it is loaded.

        Raises:
            NotFound: the model does not exist, or has no active version.
            Unavailable: no version can be loaded; there is no default model.
        """
        try:
            async with asyncio.timeout(LOADING_S):
                if model is None:
                    await self._followed.wait()
                if name := model or self.default:
                    return await self._first(name)
        except TimeoutError:
            raise Unavailable(LOADING) from None
        except NotFound:
            if model:
                raise
        raise Unavailable(self.message())

    async def refresh(self, model: str) -> None:
        """Load the active version of a model if it is loaded or the default one; the previous one answers until then.

        Notices if the model was deleted, and if another one is the default now.
        """
        await self._read()
        self._followed.set()
        for name in self._models.keys() & {model, self.default}:
            await self._reload(name)

    async def _poll(self) -> None:
        while True:
            with self._outage.tolerate():
                await self._follow()
            # After a failure, requests are rejected without waiting.
            self._followed.set()
            await asyncio.sleep(POLL_S)

    async def _follow(self) -> None:
        """Start loading active versions that have changed, or whose next attempt is due."""
        active = await self._read()
        for model, state in [*self._models.items()]:
            if not (self.peek(model) or state.problem or state.lock.locked() or model == self.default):
                # Evicted; the next request loads the active version.
                del self._models[model]
                continue
            has_changed = active.get(model, state.wanted) != state.wanted
            if not state.lock.locked() and (has_changed or state.is_due):
                task = asyncio.create_task(self._tolerant_reload(model))
                self._loads.add(task)
                task.add_done_callback(self._loads.discard)
        # Until a load has begun, so that the message is not that there is no model.
        await asyncio.sleep(0)

    async def _read(self) -> dict[str, int | None]:
        """Read the default model, and what each model in use answers by; forget those that are gone."""
        async with self._reading:
            found = await asyncio.to_thread(read_activations, self.store, [*self._models, *self.cache.models])
            for model in found.deleted:
                self._forget(model)
            for model, settings in found.settings.items():
                self.cache.follow(model, settings.decision)
            self.default = found.default
            if found.default:
                self._models.setdefault(found.default, ModelState())
            self._pin()
            return {model: settings.active for model, settings in found.settings.items()}

    async def _first(self, model: str) -> "ml.FittedVersion":
        """Return the version that answers for a model that may never have been asked."""
        if model not in self._models:
            # Only names of models are kept.
            await asyncio.to_thread(self.store.settings, model)
        state = self._models.setdefault(model, ModelState())
        async with state.lock:
            if fitted := self.loaded(model):
                return fitted
            if state.problem and state.answering:
                return await self.cache.load(state.answering)
            if not state.problem and (fitted := await self._load(model, state)):
                return fitted
        if state.problem:
            raise Unavailable(state.problem.detail)
        raise NotFound(_without_active(model))

    async def _tolerant_reload(self, model: str) -> None:
        with self._outage.tolerate():
            await self._reload(model)

    async def _reload(self, model: str) -> None:
        # It may have been deleted meanwhile.
        if state := self._models.get(model):
            async with state.lock:
                with suppress(NotFound):
                    await self._load(model, state)

    async def _load(self, model: str, state: ModelState) -> "ml.FittedVersion | None":
        """Load the active version of a model, and return it; None if there is none, or it cannot be loaded.

        Raises:
            NotFound: the model was deleted.
            Unavailable: the store cannot be read now; the previous version continues to answer.
        """
        active = await self._read_active(model)
        if active is None:
            state.answer_by(None)
            return None
        key = VersionKey(model, active)
        try:
            fitted = await self.cache.load(key)
        except Unavailable:
            raise
        except MlappError as error:
            # The model may have been deleted meanwhile.
            await self._read_active(model)
            if state.back_off(active, error):
                answering = state.answering.version if state.answering else None
                message = f"The active version of {model} cannot answer: {error.detail}"
                self.cache.log_problem(key, message, error, wanted_version=active, answering_version=answering)
            return None
        if state.problem:
            log.info("Version %s of %s is loaded and answers.", active, model)
        state.answer_by(key)
        self._pin()
        return fitted

    async def _read_active(self, model: str) -> int | None:
        """Return the active version in the store; a model that was deleted is forgotten.

        Raises:
            NotFound: the model was deleted.
            Unavailable: the store cannot be read now.
        """
        try:
            return await asyncio.to_thread(self.store.active, model)
        except NotFound:
            self._forget(model)
            raise

    def _pin(self) -> None:
        """Keep the version that answers for the default model."""
        state = self._models.get(self.default or "")
        self.cache.pinned = state.answering if state else None

    def _forget(self, model: str) -> None:
        self._models.pop(model, None)
        self.cache.drop(model)


def _without_active(model: str) -> str:
    return f"Model '{model}' has no active version; activate one: POST /models/{model}/versions/{{version}}/activate."
