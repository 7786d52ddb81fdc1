"""Training in the caller's process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlapp.library.tables import TableLike
from mlapp.library.version import Version


def train(
    table: TableLike,
    *,
    store: str | Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    **options: Any,
) -> Version:
    """Train a version on a table, store it, and return it; the options are those of `POST /train`.

    Args:
        table: The training table.
        store: The folder of the store; by default that of the settings.
        progress: Is called with the stage and the completed share, 0–1.
        options: Those of `POST /train`, such as `target` and `model`.
    """
    raise NotImplementedError
