"""ModelService: the stored versions, and what there is to train from."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from mlapp import ml, tables
from mlapp.errors import Conflict, NotFound, Unacceptable, shorten
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format, History, Model, ModelList, ModelSummary
from mlapp.services.jobs.import_check import report_import_errors
from mlapp.services.models.search import Found, Search, search
from mlapp.services.prediction.service import PredictionService
from mlapp.services.stored_versions import describe, summarize
from mlapp.store import ModelStore, parse_number

log = logging.getLogger(__name__)

MAX_NOTE_CHARACTERS = 2_000


@dataclass(frozen=True)
class ModelService:
    """Lists, annotates, activates, rolls back and deletes versions."""

    store: ModelStore
    prediction: PredictionService

    async def list(self) -> ModelList:
        """Return all versions in short, newest first."""
        return await asyncio.to_thread(self._list)

    async def search(self, wanted: Search) -> Found:
        """Return a page of the versions that hold what is looked for."""
        return await asyncio.to_thread(lambda: search(self._list().models, wanted))

    async def get(self, name: str) -> Model:
        """Return a version by its number, or as `active` or `latest`.

        Raises:
            NotFound: there is none.
        """
        return await asyncio.to_thread(describe, self.store, await self.number(name))

    async def standing(self) -> tuple[int | None, tuple[int, ...]]:
        """Return which version is active and which there are, newest first: cheap enough to be asked all the time."""
        return await asyncio.to_thread(lambda: (self.store.active(), tuple(self.store.versions())))

    async def why_unusable(self, version: int) -> str | None:
        """Return why a version cannot answer here, or None when it can, or is gone."""
        return await asyncio.to_thread(self._why_unusable, version)

    async def annotate(self, name: str, note: str) -> Model:
        """Change what is said of a version.

        Raises:
            NotFound: there is none.
            Unacceptable: the note has more than 2,000 characters.
        """
        if len(note) > MAX_NOTE_CHARACTERS:
            raise Unacceptable(f"A note has at most {MAX_NOTE_CHARACTERS:,} characters, and this one {len(note):,}.")
        version = await self.number(name)
        await asyncio.to_thread(self.store.annotate, version, note)
        log.info("Model %s has another note.", version)
        return await self.get(str(version))

    async def activate(self, name: str) -> Model:
        """Make a version answer `/predict`. It is loaded first, so that a damaged one changes nothing.

        Raises:
            NotFound: there is none.
            Conflict: it cannot be loaded.
        """
        version = await self.number(name)
        await self.prediction.fitted(version)
        await asyncio.to_thread(self.store.activate, version)
        log.info("Model %s was activated.", version)
        await self.prediction.refresh()
        return await self.get(str(version))

    async def previous(self) -> int | None:
        """Return the version that a rollback would activate, or None when there is none."""
        return await asyncio.to_thread(self.store.previous)

    async def rollback(self) -> Model:
        """Activate the version that was active before.

        Raises:
            Conflict: there is none, or it cannot be loaded.
        """
        version = await self.previous()
        if version is None:
            raise Conflict("No other model was active before; activate one by its number.")
        await self.prediction.fitted(version)
        version = await asyncio.to_thread(self.store.rollback)
        log.info("Model %s was activated by a rollback.", version)
        await self.prediction.refresh()
        return await self.get(str(version))

    async def delete(self, name: str) -> None:
        """Remove a version.

        Raises:
            NotFound: there is none.
            Conflict: it is active.
        """
        version = await self.number(name)
        await asyncio.to_thread(self.store.delete, version)
        log.info("Model %s was deleted.", version)

    async def history(self) -> History:
        """Return the log of activations, newest first."""
        return History(activations=await asyncio.to_thread(self.store.history))

    async def estimators(self) -> Sequence[EstimatorInfo]:
        """Return the estimators on offer.

        Raises:
            EstimatorsBroken: they cannot be imported.
        """
        return await asyncio.to_thread(_estimators)

    async def datasets(self) -> Sequence[DatasetInfo]:
        """Return the bundled tables."""
        return await asyncio.to_thread(_datasets)

    async def dataset_csv(self, name: str) -> bytes:
        """Return a bundled table as CSV.

        Raises:
            NotFound: there is none of that name.
        """
        return await asyncio.to_thread(lambda: tables.write_table(tables.dataset(name)[0].frame, Format.CSV))

    async def number(self, name: str) -> int:
        """Return the number that a version goes by.

        Raises:
            NotFound: there is none of that name.
        """
        return await asyncio.to_thread(self._number, name)

    async def asked(self, name: str | None) -> int | None:
        """Return the number of the version that is asked to predict; None for the one that answers unasked.

        Raises:
            NotFound: there is none of that name.
        """
        return None if name is None or name == "active" else await self.number(name)

    def _number(self, name: str) -> int:
        if name == "active":
            version = self.store.active()
        elif name == "latest":
            version = next(iter(self.store.versions()), None)
        else:
            version = parse_number(name)
        if version is None:
            known = "There is no model yet" if name in ("active", "latest") else f"There is no model '{shorten(name)}'"
            raise NotFound(f"{known}; GET /models lists what there is.")
        return version

    def _why_unusable(self, version: int) -> str | None:
        try:
            return ml.why_unusable(self.store.record(version).library_versions)
        except NotFound:
            return None

    def _list(self) -> ModelList:
        active = self.store.active()
        models: list[ModelSummary] = []
        for version in self.store.versions():
            # It may have been deleted meanwhile.
            with suppress(NotFound):
                models.append(summarize(self.store, version, active))
        return ModelList(active=active, models=models)


def _estimators() -> Sequence[EstimatorInfo]:
    # Looked up in the thread: the first use loads scikit-learn.
    with report_import_errors():
        return ml.describe_estimators()


def _datasets() -> Sequence[DatasetInfo]:
    return tables.describe_datasets()
