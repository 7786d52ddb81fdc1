"""Models whose versions predict a number of their own, so that a mix-up of models or versions is noticed."""

import itertools
from threading import Lock
from typing import Any

import httpx

LASTING, FLEETING = ("birds", "homes", "taxis"), "fleeting"
"""Models that are never deleted, and one that is created and deleted again and again."""
ROW = {"x": 0.5}
BODY = {"records": [ROW]}
ROWS = 20


class Numbers:
    """Hands out numbers, each once, to several threads."""

    def __init__(self) -> None:
        self._numbers, self._lock = itertools.count(1), Lock()

    def next(self) -> int:
        """Return the next number."""
        with self._lock:
            return next(self._numbers)


def training(number: int, **options: Any) -> dict[str, Any]:
    """Return the body of a training whose version predicts `number` for `ROW`."""
    values = [(place + 0.5) / ROWS for place in range(ROWS)]
    columns = {"x": values, "y": [number * (value + 0.5) for value in values]}
    return {"columns": columns, "target": "y", "task": "regression", "estimator": "linear"} | options


def number_of(answer: httpx.Response) -> int:
    """Return the number that a version predicts."""
    number: float = answer.raise_for_status().json()["predictions"][0]
    return round(number)


def predict_path(model: str, version: int | None = None) -> str:
    """Return the path that predicts with a version of a model, or with its active one."""
    return f"/models/{model}/predict" + (f"?version={version}" if version else "")
