"""Outages: background tasks survive failures, and a series of failures is logged once."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mlapp.errors import MlappError


class Outage:
    """Catches the exceptions of a background task, which would otherwise end it."""

    def __init__(self, log: logging.Logger, message: str) -> None:
        self._log, self._message = log, message
        self.failures = 0
        """Failed attempts since the last success."""

    @contextmanager
    def tolerate(self) -> Iterator[None]:
        """Run one attempt. The first failure of a series is logged, with a trace if it is a bug."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see the class
            if not self.failures:
                bug = not isinstance(error, MlappError | OSError)
                extra = {"trace": "".join(traceback.format_exception(error))} if bug else {}
                self._log.error("%s: %s", self._message, error, extra=extra)
            self.failures += 1
        else:
            self.failures = 0
