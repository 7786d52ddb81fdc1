"""Preload of the fork server: the modules that training processes share.

Errors are ignored here, as they would end the fork server; the training process that hits them reports them.
"""

import os
from contextlib import suppress

with suppress(Exception):
    import mlapp.services.jobs.worker  # noqa: F401
    from mlapp.ml.catalog import add_estimators

    add_estimators(filter(None, os.environ.get("MLAPP_ESTIMATORS", "").split(",")))
