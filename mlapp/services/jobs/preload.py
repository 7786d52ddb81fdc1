"""Preload of the fork server: the modules that training processes share.

Errors are ignored here, as they would end the fork server; the training process that hits them reports them.
"""

from contextlib import suppress

with suppress(Exception):
    import mlapp.services.jobs.worker  # noqa: F401
