"""ModelService: models and their versions, and the catalog of estimators and bundled tables."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from mlapp import ml, tables
from mlapp.caller import caller
from mlapp.errors import NotFound, Unacceptable
from mlapp.schemas import (
    DatasetInfo,
    EstimatorInfo,
    Format,
    History,
    ModelInfo,
    ModelList,
    ModelPatch,
    VersionInfo,
    VersionKey,
    VersionList,
)
from mlapp.services.jobs.import_check import report_import_errors
from mlapp.services.models.decisions import changes_of
from mlapp.services.models.listing import StoreState, list_models, list_versions, store_state
from mlapp.services.models.search import VersionPage, VersionQuery, search
from mlapp.services.prediction.service import PredictionService
from mlapp.services.stored_versions import describe, describe_model, version_number
from mlapp.store import ModelStore

log = logging.getLogger(__name__)

MAX_NOTE_CHARACTERS = 2_000


@dataclass(frozen=True)
class ModelService:
    """Lists and changes models; lists, annotates, activates, rolls back and deletes their versions."""

    store: ModelStore
    prediction: PredictionService
    allowed_estimators: tuple[str, ...] = ()
    """Estimators of other packages that are in the catalog."""

    async def list(self) -> ModelList:
        """Return summaries of all models by name, and the default one."""
        return await asyncio.to_thread(list_models, self.store)

    async def get(self, model: str) -> ModelInfo:
        """Return a model with its active version.

        Raises:
            NotFound: the model does not exist.
        """
        return await asyncio.to_thread(describe_model, self.store, model)

    async def update(self, model: str, patch: ModelPatch) -> ModelInfo:
        """Change the description, the activation policy or the decision of a model, or make it the default one.

        Raises:
            NotFound: the model does not exist.
            Conflict: a model without an active version cannot be the default one.
            Unacceptable: `default` is false, as no model can be unset, or costs, limit or threshold do not suit it.
        """
        if patch.default is False:
            raise Unacceptable("'default' can only be true: make another model the default one instead.")
        # Rejects what does not suit the model before anything changes.
        changes = await asyncio.to_thread(changes_of, self.store, model, patch, caller.get())
        if patch.default:
            await asyncio.to_thread(self.store.set_default, model)
            log.info("Model %s is the default one.", model)
        if changes:
            await asyncio.to_thread(partial(self.store.update, model, **changes))
            log.info("The settings of model %s were changed: %s.", model, ", ".join(changes))
        if patch.default or "decision" in changes:
            await self.prediction.refresh(model)
        return await self.get(model)

    async def delete(self, model: str) -> None:
        """Delete a model with all its versions.

        Raises:
            NotFound: the model does not exist.
            Conflict: it is the default model, and there are others.
        """
        await asyncio.to_thread(self.store.remove, model)
        log.info("Model %s was deleted.", model)
        await self.prediction.refresh(model)

    async def default(self) -> str:
        """Return the name of the default model.

        Raises:
            NotFound: there is none.
        """
        model = await asyncio.to_thread(self.store.default)
        if model is None:
            raise NotFound("There is no model yet; train one: POST /train.")
        return model

    async def state(self) -> StoreState:
        """Return the active version and all versions of every model; cheap enough for polling."""
        return await asyncio.to_thread(store_state, self.store)

    async def versions(self, model: str) -> VersionList:
        """Return summaries of all versions of a model, newest first.

        Raises:
            NotFound: the model does not exist.
        """
        return await asyncio.to_thread(list_versions, self.store, model)

    async def search(self, model: str, query: VersionQuery) -> VersionPage:
        """Return a page of the versions of a model that match a query.

        Raises:
            NotFound: the model does not exist.
        """
        return await asyncio.to_thread(lambda: search(list_versions(self.store, model).versions, query))

    async def version(self, model: str, name: str) -> VersionInfo:
        """Return a version by number, `active` or `latest`.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(describe, self.store, model, await self.number(model, name))

    async def unusable_reason(self, key: VersionKey) -> str | None:
        """Return why a version cannot be used with the installed libraries; None if it can, or does not exist."""
        return await asyncio.to_thread(self._why_unusable, key)

    async def annotate(self, model: str, name: str, note: str) -> VersionInfo:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
            Unacceptable: the note has more than 2,000 characters.
        """
        if len(note) > MAX_NOTE_CHARACTERS:
            raise Unacceptable(f"A note has at most {MAX_NOTE_CHARACTERS:,} characters; this one has {len(note):,}.")
        version = await self.number(model, name)
        await asyncio.to_thread(self.store.annotate, model, version, note)
        log.info("The note of version %s of model %s was changed.", version, model)
        return await self.version(model, str(version))

    async def activate(self, model: str, name: str) -> VersionInfo:
        """Make a version answer the requests to its model. It is loaded first, so that a damaged one is not activated.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version cannot be loaded.
        """
        version = await self.number(model, name)
        await self.prediction.fitted(model, version)
        await asyncio.to_thread(self.store.activate, model, version, caller.get())
        log.info("Version %s of model %s was activated.", version, model)
        await self.prediction.refresh(model)
        return await self.version(model, str(version))

    async def previous(self, model: str) -> int | None:
        """Return the version that a rollback would activate, or None.

        Raises:
            NotFound: the model does not exist.
        """
        return await asyncio.to_thread(self.store.previous, model)

    async def rollback(self, model: str) -> VersionInfo:
        """Activate the previously active version of a model.

        Raises:
            NotFound: the model does not exist.
            Conflict: there is no previous version, or it cannot be loaded.
        """
        if previous := await self.previous(model):
            await self.prediction.fitted(model, previous)
        version = await asyncio.to_thread(self.store.rollback, model, caller.get())
        log.info("Version %s of model %s was activated by a rollback.", version, model)
        await self.prediction.refresh(model)
        return await self.version(model, str(version))

    async def delete_version(self, model: str, name: str) -> None:
        """Delete a version.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version is active.
        """
        version = await self.number(model, name)
        await asyncio.to_thread(self.store.delete, model, version)
        log.info("Version %s of model %s was deleted.", version, model)

    async def history(self, model: str) -> History:
        """Return the log of activations of a model, newest first.

        Raises:
            NotFound: the model does not exist.
        """
        return History(activations=await asyncio.to_thread(self.store.history, model))

    async def estimators(self) -> Sequence[EstimatorInfo]:
        """Return the catalog of estimators.

        Raises:
            EstimatorsBroken: the estimators cannot be imported.
        """
        return await asyncio.to_thread(_estimators, self.allowed_estimators)

    async def datasets(self) -> Sequence[DatasetInfo]:
        """Return the bundled tables."""
        return await asyncio.to_thread(_datasets)

    async def dataset_csv(self, name: str) -> bytes:
        """Return a bundled table as CSV.

        Raises:
            NotFound: there is no bundled table with this name.
        """
        return await asyncio.to_thread(lambda: tables.write_table(tables.dataset(name)[0].frame, Format.CSV))

    async def number(self, model: str, name: str) -> int:
        """Return the number of a version by number, `active` or `latest`.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(version_number, self.store, model, name)

    def _why_unusable(self, key: VersionKey) -> str | None:
        try:
            record = self.store.record(*key)
            return ml.unusable_reason(record.library_versions, record.registered)
        except NotFound:
            return None


def _estimators(allowed: tuple[str, ...]) -> Sequence[EstimatorInfo]:
    # Runs in a thread, as the first use loads scikit-learn.
    with report_import_errors():
        ml.add_estimators(allowed)
        return ml.describe_estimators()


def _datasets() -> Sequence[DatasetInfo]:
    return tables.describe_datasets()
