"""RequestTimer: a context manager that reports when a request started, and its status or that of its exception."""

import time
from collections.abc import Callable

from mlapp.errors import MlappError


class RequestTimer:
    """Reports the start and the status of a request when its context ends; a generator would take 2 µs more."""

    __slots__ = ("_complete", "_ignored", "_model", "_only_errors", "_started")

    def __init__(
        self,
        complete: Callable[[str | None, float, int], None],
        model: str | None,
        *,
        only_errors: bool = False,
        ignored: type[Exception] | None = None,
    ) -> None:
        """Start the timer; `complete` receives the model, the start, by `time.perf_counter`, and the status."""
        self._complete, self._model, self._only_errors, self._ignored = complete, model, only_errors, ignored
        self._started = time.perf_counter()

    def __enter__(self) -> None:
        """The timer has started already."""

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """Report the request, unless it was cancelled."""
        if error is None:
            if not self._only_errors:
                self._complete(self._model, self._started, 200)
        elif isinstance(error, Exception) and not (self._ignored and isinstance(error, self._ignored)):
            self._complete(self._model, self._started, _status(error))


def _status(error: Exception) -> int:
    """Return the status of the response to an error; 500 for a bug."""
    status: int = error.status if isinstance(error, MlappError) else getattr(error, "status_code", 500)
    return status
