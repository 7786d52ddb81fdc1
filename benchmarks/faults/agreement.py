"""Agreement of two servers on one store: acknowledged changes, and the time until both servers have followed."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx

from benchmarks.faults.invariants import Invariants
from benchmarks.faults.numbered_models import BODY, LASTING, Numbers, number_of, predict_path

AGREE_S = 1.0
"""Time within which one server sees the changes of the other."""
TIMEOUT_S = 10.0
PAUSE_S = 0.02

Version = tuple[str, int]


@dataclass
class Record(Invariants):
    """Acknowledged changes and responses so far."""

    trained: dict[Version, int] = field(default_factory=dict)
    """Versions, and the numbers that they predict."""
    deleted: set[Version] = field(default_factory=set)
    ready: set[Version] = field(default_factory=set)
    """Versions that both servers have, which may be activated or deleted."""
    jobs: set[int] = field(default_factory=set)
    active: dict[str, int] = field(default_factory=dict)
    default: str = LASTING[0]
    changes: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    """The longest time until both servers agreed."""
    numbers: Numbers = field(default_factory=Numbers)
    lock: Lock = field(default_factory=Lock)


class Agreement:
    """Requests to both servers, and waits until they agree."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def request(self, http: httpx.Client, method: str, path: str, **sent: Any) -> httpx.Response:
        """Repeat a request until it is not rejected for overload."""
        while True:
            answer = http.request(method, path, **sent)
            with self.record.lock:
                self.record.answers[str(answer.status_code)] += 1
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
            retry = answer.status_code in (429, 503) and "retry-after" in answer.headers
            self.record.expect(f"{method} {path} returns {answer.status_code}: {answer.text[:200]}", holds=retry)
            time.sleep(PAUSE_S)

    def agree(self, what: str, servers: tuple[httpx.Client, ...], visible: Callable[[httpx.Client], bool]) -> None:
        """Wait until a change is visible on all servers, and record the time."""
        began = time.monotonic()
        for http in servers:
            while not visible(http) and time.monotonic() - began < TIMEOUT_S:
                time.sleep(PAUSE_S)
        took_s = time.monotonic() - began
        self.record.longest_s = max(self.record.longest_s, took_s)
        self.record.expect(f"{what} was visible on both after {took_s:.2f} s", holds=took_s <= AGREE_S)

    def number(self, http: httpx.Client, name: str, version: int | None = None) -> int | None:
        """Return the number that a version, or the active one, predicts; None if it is unknown."""
        answer = self.request(http, "POST", predict_path(name, version), json=BODY)
        return None if answer.status_code == 404 else number_of(answer)

    def unknown(self, http: httpx.Client, predict: str, path: str) -> bool:
        """Return whether neither of two paths, of predictions and of the record, is found."""
        answer = self.request(http, "POST", predict, json=BODY)
        return answer.status_code == 404 and self.request(http, "GET", path).status_code == 404
