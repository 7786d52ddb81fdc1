"""Small versions fitted on bundled tables, put into a store as a training does, but without its process."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from mlapp.ml.training.train import Trained, train
from mlapp.schemas import DataSource, Record, TrainOptions, VersionInfo
from mlapp.services import Services
from mlapp.store import ModelStore
from mlapp.tables.bundled.datasets import dataset, source_of
from mlapp.tables.table import Table


@dataclass(frozen=True)
class Fitted:
    """A fitted version, as the store takes it."""

    name: str
    """The bundled table, and the model that versions are added to."""
    file: bytes
    record: Record

    def but(self, file: bytes | None = None, **changed: Any) -> "Fitted":
        file = self.file if file is None else file
        fields = dict(self.record) | {"model_sha256": hashlib.sha256(file).hexdigest()} | changed
        return Fitted(self.name, file, Record(**fields))

    def add_to(self, store: ModelStore, model: str | None = None) -> int:
        """Store it as an inactive version of a model, by default the one named after its table."""
        return store.add(model or self.name, self.file, self.record)

    def activate_in(self, store: ModelStore, model: str | None = None) -> int:
        """Store it, and have it answer."""
        version = self.add_to(store, model)
        store.activate(model or self.name, version)
        return version


@cache
def fit(name: str) -> Fitted:
    """Fit a linear version on a bundled table."""
    table, target = dataset(name)
    return fit_on(name, table, source_of(name), target=target, estimator="linear")


def fit_on(name: str, table: Table, source: DataSource | None, **options: Any) -> Fitted:
    trained = train(table, TrainOptions(**options), time.perf_counter, lambda _stage, _share: None)
    sha256 = hashlib.sha256(trained.file).hexdigest()
    known = {"created_at": datetime.now(UTC), "model_sha256": sha256, "source": source}
    return Fitted(name, trained.file, Record(**known, **trained.record))


def info_of(trained: Trained) -> VersionInfo:
    """Describe a trained version that is in no store, as version 3 of `prices`."""
    stored = {"created_at": datetime.now(UTC), "model_sha256": "", "source": None}
    place = {"model": "prices", "version": 3, "predict_path": "/models/prices/predict", "breaking": []}
    state = {"active": True, "default": True, "usable": True, "decision": None, "threshold": None}
    return VersionInfo(**trained.record, **stored, **place, **state)


async def publish(
    services: Services, name: str, model: str | None = None, *, activate: bool = True, **changed: Any
) -> VersionInfo:
    """Add a linear version of a bundled table to a model of an app, by default the one named after it; activate it."""
    fields, model = {"created_at": datetime.now(UTC)} | changed, model or name
    version = await asyncio.to_thread(fit(name).but(**fields).add_to, services.models.store, model)
    if activate:
        return await services.models.activate(model, str(version))
    return await services.models.version(model, str(version))
