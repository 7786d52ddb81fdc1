"""ModelService: stored versions, and the catalog of estimators and bundled tables."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from mlapp import ml, tables
from mlapp.errors import NotFound, Unacceptable
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format, History, VersionInfo, VersionList, VersionSummary
from mlapp.services.jobs.import_check import report_import_errors
from mlapp.services.prediction.service import PredictionService
from mlapp.services.models.search import VersionPage, VersionQuery, search
from mlapp.services.stored_versions import describe, summarize, version_number
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

MAX_NOTE_CHARACTERS = 2_000


@dataclass(frozen=True)
class ModelService:
    """Lists, annotates, activates, rolls back and deletes versions."""

    store: ModelStore
    prediction: PredictionService

    async def list(self) -> VersionList:
        """Return summaries of all versions, newest first."""
        return await asyncio.to_thread(self._list)

    async def search(self, query: VersionQuery) -> VersionPage:
        """Return a page of the versions that match a query."""
        return await asyncio.to_thread(lambda: search(self._list().models, query))

    async def get(self, name: str) -> VersionInfo:
        """Return a version by number, `active` or `latest`.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(describe, self.store, await self.number(name))

    async def versions(self) -> tuple[int | None, tuple[int, ...]]:
        """Return the active version and all versions, newest first; cheap enough for polling."""
        return await asyncio.to_thread(lambda: (self.store.active(), tuple(self.store.versions())))

    async def unusable_reason(self, version: int) -> str | None:
        """Return why a version cannot be used with the installed libraries; None if it can, or does not exist."""
        return await asyncio.to_thread(self._why_unusable, version)

    async def annotate(self, name: str, note: str) -> VersionInfo:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
            Unacceptable: the note has more than 2,000 characters.
        """
        if len(note) > MAX_NOTE_CHARACTERS:
            raise Unacceptable(f"A note has at most {MAX_NOTE_CHARACTERS:,} characters; this one has {len(note):,}.")
        version = await self.number(name)
        await asyncio.to_thread(self.store.annotate, version, note)
        log.info("The note of model %s was changed.", version)
        return await self.get(str(version))

    async def activate(self, name: str) -> VersionInfo:
        """Make a version serve `/predict`. It is loaded first, so that a damaged one is not activated.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version cannot be loaded.
        """
        version = await self.number(name)
        await self.prediction.fitted(version)
        await asyncio.to_thread(self.store.activate, version)
        log.info("Model %s was activated.", version)
        await self.prediction.refresh()
        return await self.get(str(version))

    async def previous(self) -> int | None:
        """Return the version that a rollback would activate, or None."""
        return await asyncio.to_thread(self.store.previous)

    async def rollback(self) -> VersionInfo:
        """Activate the previously active version.

        Raises:
            Conflict: there is no previous version, or it cannot be loaded.
        """
        if previous := await self.previous():
            await self.prediction.fitted(previous)
        version = await asyncio.to_thread(self.store.rollback)
        log.info("Model %s was activated by a rollback.", version)
        await self.prediction.refresh()
        return await self.get(str(version))

    async def delete(self, name: str) -> None:
        """Delete a version.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version is active.
        """
        version = await self.number(name)
        await asyncio.to_thread(self.store.delete, version)
        log.info("Model %s was deleted.", version)

    async def history(self) -> History:
        """Return the log of activations, newest first."""
        return History(activations=await asyncio.to_thread(self.store.history))

    async def estimators(self) -> Sequence[EstimatorInfo]:
        """Return the catalog of estimators.

        Raises:
            EstimatorsBroken: the estimators cannot be imported.
        """
        return await asyncio.to_thread(_estimators)

    async def datasets(self) -> Sequence[DatasetInfo]:
        """Return the bundled tables."""
        return await asyncio.to_thread(_datasets)

    async def dataset_csv(self, name: str) -> bytes:
        """Return a bundled table as CSV.

        Raises:
            NotFound: there is no bundled table with this name.
        """
        return await asyncio.to_thread(lambda: tables.write_table(tables.dataset(name)[0].frame, Format.CSV))

    async def number(self, name: str) -> int:
        """Return the number of a version by number, `active` or `latest`.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(version_number, self.store, name)

    async def requested_version(self, name: str | None) -> int | None:
        """Return the number of the version that a request names; None for the active one.

        Raises:
            NotFound: the version does not exist.
        """
        return None if name is None or name == "active" else await self.number(name)

    def _why_unusable(self, version: int) -> str | None:
        try:
            return ml.unusable_reason(self.store.record(version).library_versions)
        except NotFound:
            return None

    def _list(self) -> VersionList:
        active = self.store.active()
        models: list[VersionSummary] = []
        for version in self.store.versions():
            # It may have been deleted since it was listed.
            with suppress(NotFound):
                models.append(summarize(self.store, version, active))
        return VersionList(active=active, models=models)


def _estimators() -> Sequence[EstimatorInfo]:
    # Runs in a thread, as the first use loads scikit-learn.
    with report_import_errors():
        return ml.describe_estimators()


def _datasets() -> Sequence[DatasetInfo]:
    return tables.describe_datasets()
