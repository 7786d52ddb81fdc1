"""Single rows through /predict, beside a FastAPI endpoint with the same schemas that returns a constant.

On one core for the server: at least as many a second on 64 connections; on one connection a median of at most twice
its time for a linear model; /health within 100 ms under that load (99th percentile), whatever the estimator, or within
twice what the constant's takes where the machine itself stands still for longer. The servers take turns.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import SERVER_CORE, Load, load, middle
from benchmarks.harness.server import Server, borrowed, running

ROW = {"age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "s1": 157, "s2": 93.2, "s3": 38, "s4": 4, "s5": 4.8598, "s6": 87}
BODY = {"records": [ROW]}
CONSTANT = "constant"
JUDGED = ("linear", "hist_gradient_boosting")
ESTIMATORS = (*JUDGED, "random_forest", "blend")
GOAL_RATE, GOAL_P50, GOAL_HEALTH_MS = 1.0, 2.0, 100.0


@contextmanager
def server_of(name: str) -> Iterator[Server]:
    """Serve an estimator, or the constant."""
    if name == CONSTANT:
        with running([sys.executable, "-m", "benchmarks.harness.constant_endpoint"], SERVER_CORE) as server:
            yield server
        return
    with borrowed(SERVER_CORE) as server:
        server.train(dataset="diabetes", estimator=name)
        yield server


def health_ms(server: Server, url: str, seconds: int) -> list[float]:
    """Return the times of GET /health while 64 connections ask for predictions."""
    times = []
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, url, BODY, 64, seconds)
        while not loading.done():
            began = time.perf_counter()
            server.http.get("/health").raise_for_status()
            times.append((time.perf_counter() - began) * 1_000)
            time.sleep(0.02)
    return times


def main() -> None:
    """Measure, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the linear model, and not judged")
    quick = parser.parse_args().quick
    rounds, seconds = (1, 1) if quick else (3, 5)
    names = (CONSTANT, *(JUDGED[:1] if quick else ESTIMATORS))
    many: dict[str, list[Load]] = {name: [] for name in names}
    alone: dict[str, list[Load]] = {name: [] for name in names}
    healthy: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with server_of(name) as server:
                url = f"{server.http.base_url}/predict"
                many[name].append(load(url, BODY, 64, seconds))
                alone[name].append(load(url, BODY, 1, seconds))
                healthy[name] += health_ms(server, url, seconds)
    floor, quiet = middle(many[CONSTANT]), middle(alone[CONSTANT])
    healths = {name: float(np.percentile(times, 99)) for name, times in healthy.items()}
    print(
        f"{CONSTANT}: {floor.per_s:,.0f}/s, p99 {floor.p99_ms:.1f} ms; alone {quiet.p50_ms:.2f} ms; "
        f"/health p99 {healths[CONSTANT]:.0f} ms"
    )
    met = True
    for name in names[1:]:
        busy, single = middle(many[name]), middle(alone[name])
        rate, p50 = busy.per_s / floor.per_s, single.p50_ms / quiet.p50_ms
        goals = f" (goal {GOAL_RATE})" if name in JUDGED else ""
        print(
            f"{name}: {rate:.2f} x as many{goals}, p99 {busy.p99_ms:.1f} ms; alone {p50:.2f} x the time; "
            f"/health p99 {healths[name]:.0f} ms"
        )
        met &= healths[name] <= max(GOAL_HEALTH_MS, 2 * healths[CONSTANT])
        met &= name not in JUDGED or rate >= GOAL_RATE
        met &= name != "linear" or p50 <= GOAL_P50
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
