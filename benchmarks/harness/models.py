"""Stores with many models: one fitted version under many names, added by the store's own API."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.server import serving
from mlapp.schemas import Record
from mlapp.store import ModelStore

DATASET = "diabetes"
BY = "benchmark"


@contextmanager
def store_of(file: bytes, record: Record, models: int, versions: int = 1) -> Iterator[Path]:
    """Yield a temporary store with models `m-0`, `m-1`, …, the first of which is the default one.

    It has `versions` versions, and the others have one each.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder) / "store")
        store.prepare()
        for model in range(models):
            store.add(f"m-{model}", file, record, activate_by=BY)
        for _ in range(versions - 1):
            store.add("m-0", file, record)
        yield store.folder


def fitted(estimator: str) -> tuple[bytes, Record]:
    """Return the file and the record of a version trained on `DATASET` by a server."""
    with tempfile.TemporaryDirectory() as folder:
        with serving(MLAPP_STORE=folder) as server:
            server.train(dataset=DATASET, estimator=estimator)
        store = ModelStore(Path(folder))
        return store.file(DATASET, 1), store.record(DATASET, 1)


def row_of(record: Record) -> dict[str, object]:
    """Return an example row."""
    return {feature.name: feature.example for feature in record.features}
