"""Who makes the current request: for the log, and for the history of activations."""

from contextvars import ContextVar

caller: ContextVar[str] = ContextVar("caller", default="anonymous")
"""`anonymous`, `predict key`, `full key`, `session`, `ticket`, `local` when authentication is off, or `python` in a
process that uses mlapp as a library. Background work, such as a training, inherits it from its request."""
