"""Registration of pipelines that were fitted elsewhere."""

from pathlib import Path

from mlapp.library.tables import TableLike
from mlapp.library.version import Version


def register(  # noqa: PLR0913 - what is known of a pipeline
    pipeline: object,
    table: TableLike,
    *,
    target: str,
    model: str | None = None,
    store: str | Path | None = None,
    note: str = "",
) -> Version:
    """Store a fitted pipeline as a version of a model, and return it; it is served as it was fitted.

    Args:
        pipeline: A fitted estimator of scikit-learn, or one with its interface.
        table: What it was fitted on, with the target.
        target: The column that it predicts.
        model: The name of the model; by default named after the file or the target.
        store: The folder of the store; by default that of the settings.
        note: Free text, stored with the version.
    """
    raise NotImplementedError
