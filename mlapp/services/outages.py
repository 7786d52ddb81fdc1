"""Outages: a background task goes on after a failure, which is logged once until the task succeeds again."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mlapp.errors import MlappError


class Outage:
    """Keeps a background task alive: if it ended, all that comes later would be missed."""

    def __init__(self, log: logging.Logger, sentence: str) -> None:
        self._log, self._sentence = log, sentence
        self.failures = 0
        """Attempts that failed, since the last one that succeeded."""

    @contextmanager
    def endure(self) -> Iterator[None]:
        """Run one attempt; its failure is logged, with a trace if it is a bug, unless the attempt before failed too."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see the class
            if not self.failures:
                bug = not isinstance(error, MlappError | OSError)
                extra = {"trace": "".join(traceback.format_exception(error))} if bug else {}
                self._log.error("%s: %s", self._sentence, error, extra=extra)
            self.failures += 1
        else:
            self.failures = 0
