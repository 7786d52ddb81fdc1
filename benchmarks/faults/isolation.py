"""Isolation: requests to model A on two servers, while model B is trained, activated, deleted and made the default.

No answer of A changes: same status, version and predictions, on both servers. The p99 of A meanwhile is printed as a
ratio to the p99 before.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx
import numpy as np

from benchmarks import NOT_JUDGED
from benchmarks.faults.invariants import Invariants
from benchmarks.faults.numbered_models import BODY, Numbers, predict_path, training
from benchmarks.faults.servers import server

A, B = "steady", "changing"
GOAL_P99 = 2.0
BEFORE = 1 / 4
"""Share of the time in which B is left alone."""
PAUSE_S = 0.01


@dataclass
class Requests(Invariants):
    """Requests to A on one server, and their times."""

    expected: bytes = b""
    times_ms: list[float] = field(default_factory=list)

    @contextmanager
    def repeated(self, url: str) -> Iterator[None]:
        """Send requests until the end of the block; each answer is the same to the last byte."""
        over = Event()

        def repeat() -> None:
            with httpx.Client(base_url=url, timeout=60) as http:
                while not over.is_set():
                    began = time.perf_counter()
                    answer = http.post(predict_path(A), json=BODY)
                    self.times_ms.append((time.perf_counter() - began) * 1_000)
                    same = answer.status_code == 200 and answer.content == self.expected
                    self.expect(f"{A} returns {answer.status_code}: {answer.text[:200]}", holds=same)
                    time.sleep(PAUSE_S)

        thread = Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def p99_ms(self) -> float:
        """Return the p99 of the times since the last call."""
        times, self.times_ms = self.times_ms, []
        return float(np.percentile(times, 99))


def change(one: httpx.Client, other: httpx.Client, numbers: Numbers) -> None:
    """Change B in every way, on either server: train, activate, roll back, delete, make the default and back."""
    path = f"/models/{B}"
    first, second = (
        one.post(f"{path}/train", json=training(numbers.next(), activate=activate)).raise_for_status().json()["version"]
        for activate in ("always", "never")
    )
    other.post(f"{path}/versions/{second}/activate").raise_for_status()
    one.post(predict_path(B), json=BODY).raise_for_status()
    other.patch(path, json={"default": True, "description": f"Version {second}."}).raise_for_status()
    one.post("/predict", json=BODY).raise_for_status()
    one.post(f"{path}/rollback").raise_for_status()
    other.delete(f"{path}/versions/{second}").raise_for_status()
    one.post(predict_path(B, first), json=BODY).raise_for_status()
    other.patch(f"/models/{A}", json={"default": True}).raise_for_status()
    one.delete(path).raise_for_status()


def main() -> None:
    """Change B while A predicts, and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--quick", action="store_true", help="12 seconds, judges no p99")
    chosen = parser.parse_args()
    seconds, numbers, rounds = (12 if chosen.quick else chosen.seconds), Numbers(), 0
    with tempfile.TemporaryDirectory() as folder, server(folder) as one, server(folder) as other:
        one.post(f"/models/{A}/train", json=training(numbers.next()), timeout=120).raise_for_status()
        # The first training and the first prediction of a server load the libraries.
        change(one, other, numbers)
        change(other, one, numbers)
        expected = one.post(predict_path(A), json=BODY).raise_for_status().content
        requests = [Requests(expected=expected) for _ in range(2)]
        urls = [str(http.base_url) for http in (one, other)]
        with requests[0].repeated(urls[0]), requests[1].repeated(urls[1]):
            time.sleep(seconds * BEFORE)
            before = max(each.p99_ms() for each in requests)
            ends = time.monotonic() + seconds * (1 - BEFORE)
            while time.monotonic() < ends:
                change(*((one, other) if rounds % 2 else (other, one)), numbers)
                rounds += 1
            count = sum(len(each.times_ms) for each in requests)
            ratio = max(each.p99_ms() for each in requests) / before
    violations = sum(len(each.violations) for each in requests)
    print(
        f"{count} requests to {A} while {B} was changed {rounds} times; p99 {ratio:.2f} x that before, {before:.1f} ms "
        f"(goal {GOAL_P99}); {violations} violations (goal 0)"
    )
    if not violations and chosen.quick:
        sys.exit(NOT_JUDGED)
    sys.exit(bool(violations) or ratio > GOAL_P99)


if __name__ == "__main__":
    main()
