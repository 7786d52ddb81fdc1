"""Small fitted models of bundled tables, put into a store as a training does, but without its process."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from mlapp.ml.training.train import train
from mlapp.schemas import Record, TrainOptions, VersionInfo
from mlapp.services import Services
from mlapp.store import ModelStore
from mlapp.tables.bundled.datasets import dataset, source_of


@dataclass(frozen=True)
class Fitted:
    """A fitted model, as the store takes it."""

    file: bytes
    record: Record

    def but(self, file: bytes | None = None, **changed: Any) -> "Fitted":
        file = self.file if file is None else file
        fields = dict(self.record) | {"model_sha256": hashlib.sha256(file).hexdigest()} | changed
        return Fitted(file, Record(**fields))

    def add_to(self, store: ModelStore) -> int:
        return store.add(self.file, self.record)


@cache
def fit(name: str) -> Fitted:
    """Fit a linear model of a bundled table."""
    table, target = dataset(name)
    options = TrainOptions(target=target, estimator="linear")
    trained = train(table, options, time.perf_counter, lambda _stage, _share: None)
    sha256 = hashlib.sha256(trained.file).hexdigest()
    known = {"created_at": datetime.now(UTC), "model_sha256": sha256, "source": source_of(name)}
    return Fitted(trained.file, Record(**known, **trained.record))


async def publish(services: Services, name: str, *, activate: bool = True, **changed: Any) -> VersionInfo:
    """Add a linear model of a bundled table to the store of an app, and have it answer."""
    fields = {"created_at": datetime.now(UTC)} | changed
    version = await asyncio.to_thread(fit(name).but(**fields).add_to, services.models.store)
    if activate:
        return await services.models.activate(str(version))
    return await services.models.get(str(version))
