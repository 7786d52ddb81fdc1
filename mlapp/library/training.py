"""Training in the caller's process."""

from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from mlapp.library.options import TrainingOptions
from mlapp.library.stores import open_store, publish, read_settings
from mlapp.library.tables import TableLike, training_table
from mlapp.library.version import Version
from mlapp.ml.catalog import add_estimators
from mlapp.services.jobs.ipc import Finished
from mlapp.services.placement import kept_task
from mlapp.services.submissions import train_version


def train(  # noqa: PLR0913 - all optional but the table and the target
    table: TableLike,
    *,
    target: str,
    model: str | None = None,
    estimator: str = "auto",
    store: str | Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    **options: Unpack[TrainingOptions],
) -> Version:
    """Train a version on a table, store it, and return it.

    It is what `POST /train` does, in this process: the same table, options and seed give the same version, and the
    same rules decide which model gets it and whether it becomes active. A server on the same store serves it.

    Args:
        table: The training table: a polars or pandas frame, or the path of a file. The index of pandas is left out.
        target: The column to predict.
        model: The model that gets the version; by default named after the file, or the target.
        estimator: Name of an estimator, or `auto` to compare all.
        store: The folder of the store; by default that of the settings, `MLAPP_STORE`.
        progress: Is called with the current stage and the completed share, 0–1; also from other threads.
        options: Further options, as of `POST /train`.

    Raises:
        Unacceptable: the table or an option cannot be used for training.
        TrainingFailed: the estimator failed.
        EstimatorsBroken: an estimator that `MLAPP_ESTIMATORS` allows cannot be imported.
        Unavailable: the store cannot be written.
        MlappError: the file is not a table.
        OSError: the file cannot be read.
    """
    settings, folder = read_settings(), open_store(store)
    add_estimators(settings.allowed_estimators)
    chosen = options | {"target": target, "estimator": estimator} | ({"model": model} if model else {})
    found = training_table(table, chosen)
    kept = kept_task(folder, found.options, found.source)
    trained = train_version(found, progress or _ignore, kept, settings.dask)
    return publish(Finished(trained.file, trained.record, found.options), folder)


def _ignore(_stage: str, _share: float) -> None:
    """Report no progress."""
