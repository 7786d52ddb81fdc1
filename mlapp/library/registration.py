"""Registration of pipelines that were fitted elsewhere."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from mlapp.errors import Unacceptable
from mlapp.library.options import RegistrationOptions
from mlapp.library.stores import open_store, publish, read_settings
from mlapp.library.tables import TableLike, is_pandas, training_table
from mlapp.library.version import Version
from mlapp.ml.registration.register import register_pipeline
from mlapp.services.jobs.ipc import Finished


def register(  # noqa: PLR0913 - all optional but the pipeline, its table and the target
    pipeline: object,
    table: TableLike,
    *,
    target: str,
    model: str | None = None,
    store: str | Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    **options: Unpack[RegistrationOptions],
) -> Version:
    """Store a fitted pipeline as a version of a model, and return it; it is served as it was fitted.

    The version gets a signature from the table, and metrics, intervals and feature importance from a cross-validation
    of a clone. If it cannot be cloned, the metrics are of rows that it may have been fitted on, and no interval is
    claimed. A server on the same store serves it; it needs the modules that the pipeline imports.

    Args:
        pipeline: A fitted estimator of scikit-learn, or one with its interface; a classifier has `predict_proba`.
        table: What it was fitted on, with the target: a polars or pandas frame, or the path of a file.
        target: The column that it predicts.
        model: The model that gets the version; by default named after the file, or the target.
        store: The folder of the store; by default that of the settings, `MLAPP_STORE`.
        progress: Is called with the current stage and the completed share, 0–1.
        options: Further options, as of `POST /train`: `features` has the columns of a pipeline that was fitted on an
            array, in their order.

    Raises:
        Unacceptable: an option is invalid, the pipeline or the table cannot be used, or a server would not answer as
            the pipeline does.
        Unavailable: the store cannot be written.
        MlappError: the file is not a table.
        OSError: the file cannot be read.
    """
    known = RegistrationOptions.__optional_keys__
    if unknown := sorted(options.keys() - known):
        raise Unacceptable(f"Registrations have no option '{unknown[0]}'; the options are {', '.join(sorted(known))}.")
    # Now, as a registration takes minutes.
    read_settings()
    folder = open_store(store)
    chosen = options | {"target": target} | ({"model": model} if model else {})
    source, read, found = training_table(table, chosen)
    # The table has names as texts.
    native = table.rename(columns=str) if is_pandas(table) else None if isinstance(table, str | Path) else table
    trained = register_pipeline(pipeline, read, found, time.perf_counter, progress or _ignore, native)
    return publish(Finished(trained.file, trained.record | {"source": source}, found), folder)


def _ignore(_stage: str, _share: float) -> None:
    """Report no progress."""
