"""Fit an estimator of mlapp on given splits, and predict the held-out rows as requests do.

    python -P fit_mlapp.py job.json

`benchmarks.quality.runs` writes the job, and PYTHONPATH says which checkout's mlapp is measured: this program uses
only what any of them has.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlapp.ml.inference.fitted_version import FittedVersion, load_version
from mlapp.ml.training.train import Trained, train
from mlapp.schemas import Format, TrainOptions, VersionInfo
from mlapp.tables.columns.conversion import format_values
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

STORED = {
    "model": "quality",
    "version": 1,
    "active": True,
    "default": True,
    "predict_path": "",
    "breaking": [],
    "usable": True,
    "created_at": "2024-01-31T00:00Z",
    "model_sha256": "",
    "source": None,
    "decision": None,
    "threshold": None,
}
"""What the store adds to a record, today or in an earlier checkout."""
BOOSTING = "hist_gradient_boosting"
"""Fitted on the first split as well, for the ratio of latencies."""
LATENCY_ROWS, LATENCY_ROUNDS, LATENCY_S = 100, 10, 0.02


def main(path: str) -> None:
    """Fit every split of the job and save its predictions."""
    job = json.loads(Path(path).read_text())
    _warm_up()
    table = read_file(Path(job["csv"]), Format.CSV)
    options = TrainOptions(target=job["target"], estimator=job["estimator"])
    if job["group"]:
        options = options.model_copy(update={"group_column": job["group"]})
    for one in job["splits"]:
        training, test = (Table(table.frame[one[part]], table.read_as) for part in ("training", "test"))
        began = time.process_time()
        trained = _train(training, options)
        seconds = time.process_time() - began
        versions = [loaded(trained)]
        if one["seed"] == 0:
            versions.append(loaded(_train(training, options.model_copy(update={"estimator": BOOSTING}))))
        latencies = _latencies_us(versions, test)
        _save(Path(one["result"]), versions[0], test, {"seconds": seconds, "row_us": latencies})


def loaded(trained: Trained) -> FittedVersion:
    """Return a trained version that is in no store."""
    stored = {name: value for name, value in STORED.items() if name in VersionInfo.model_fields}
    return load_version(VersionInfo(**trained.record, **stored), trained.file)


def _save(path: Path, fitted: FittedVersion, test: Table, facts: dict[str, Any]) -> None:
    predicted = fitted.predict_batch([fitted.encoder.encode(test)]).predicted
    facts |= {"bytes": fitted.file_bytes, "classes": np.array([], dtype=str), "kept": kept(fitted.info)}
    if fitted.info.classes:
        facts["classes"] = np.array(format_values(pl.Series(fitted.info.classes)).to_list())
    else:
        predicted, facts["lower"], facts["upper"] = predicted.T
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, predicted=predicted, **facts)
    part.rename(path)


def kept(info: VersionInfo) -> str:
    """Return the estimator, and the members of an ensemble with their weights, such as `linear 0.3 + blend 0.7`."""
    weights = {entry.estimator: getattr(entry, "weight", None) for entry in info.leaderboard}
    members = [f"{name} {weight:.2g}" for name, weight in weights.items() if weight]
    return " + ".join(members) if len(members) > 1 else str(info.estimator)


def _train(table: Table, options: TrainOptions) -> Trained:
    # CPU seconds, so that the time budget does not end where other programs share the machine.
    return train(table, options, time.process_time, lambda _stage, _share: None)


def _warm_up() -> None:
    """Import what trainings use, which a training process of the server has done before it reads the table."""
    values = np.arange(60) % 7
    _train(
        Table(pl.DataFrame({"a": values, "b": [f"b{value}" for value in values], "y": values**2})),
        TrainOptions(target="y"),
    )


def _latencies_us(versions: list[FittedVersion], table: Table) -> list[float]:
    """Return the microseconds that a single row takes with each version: the mean of the fastest of several rounds.

    The versions take turns, as the speed of a shared machine varies.
    """
    rows = [np.array_split(x := fitted.encoder.encode(table)[:LATENCY_ROWS], len(x)) for fitted in versions]
    fastest = [np.inf] * len(versions)
    for _ in range(LATENCY_ROUNDS):
        for index, fitted in enumerate(versions):
            began, count = time.perf_counter(), 0
            while time.perf_counter() < began + LATENCY_S:
                fitted.predict_batch([rows[index][count % len(rows[index])]])
                count += 1
            fastest[index] = min(fastest[index], (time.perf_counter() - began) / count * 1e6)
    return fastest


if __name__ == "__main__":
    main(*sys.argv[1:])
