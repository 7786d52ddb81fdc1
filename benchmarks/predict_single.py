"""Single rows through /predict, against a FastAPI endpoint with the same schemas that returns a constant.

With one core for the server: at least the same throughput on 64 connections; at most twice the median latency on one
connection for a linear model, and 1.3 times that of boosting for what `auto` keeps; under load, p99 of /health within
100 ms for every estimator, or twice that of the constant endpoint on machines that stall. The servers alternate.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import SERVER_CORE, Load, load, medians
from benchmarks.harness.server import Server, running, shared_or_new_server

ROW = {"age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "s1": 157, "s2": 93.2, "s3": 38, "s4": 4, "s5": 4.8598, "s6": 87}
BODY = {"records": [ROW]}
CONSTANT = "constant"
JUDGED = ("linear", "hist_gradient_boosting")
AUTO = "auto"
ESTIMATORS = (*JUDGED, "random_forest", AUTO)
GOAL_RATE, GOAL_P50, GOAL_AUTO, GOAL_HEALTH_MS = 1.0, 2.0, 1.3, 100.0


@contextmanager
def server_of(name: str) -> Iterator[Server]:
    """Serve an estimator or the constant."""
    if name == CONSTANT:
        with running([sys.executable, "-m", "benchmarks.harness.constant_endpoint"], SERVER_CORE) as server:
            yield server
        return
    with shared_or_new_server(SERVER_CORE) as server:
        server.train(dataset="diabetes", estimator=name)
        yield server


def health_ms(server: Server, url: str, seconds: int) -> list[float]:
    """Return the times of GET /health while 64 connections predict."""
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
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the linear model, judges no goal")
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
    floor, quiet = medians(many[CONSTANT]), medians(alone[CONSTANT])
    healths = {name: float(np.percentile(times, 99)) for name, times in healthy.items()}
    print(
        f"{CONSTANT}: {floor.per_s:,.0f}/s, p99 {floor.p99_ms:.1f} ms; one connection p50 {quiet.p50_ms:.2f} ms; "
        f"/health p99 {healths[CONSTANT]:.0f} ms"
    )
    met = True
    for name in names[1:]:
        busy, single = medians(many[name]), medians(alone[name])
        rate, p50 = busy.per_s / floor.per_s, single.p50_ms / quiet.p50_ms
        goals = f" (goal {GOAL_RATE})" if name in JUDGED else ""
        print(
            f"{name}: {rate:.2f} x the throughput{goals}, p99 {busy.p99_ms:.1f} ms; one connection {p50:.2f} x p50; "
            f"/health p99 {healths[name]:.0f} ms"
        )
        met &= healths[name] <= max(GOAL_HEALTH_MS, 2 * healths[CONSTANT])
        met &= name not in JUDGED or rate >= GOAL_RATE
        met &= name != "linear" or p50 <= GOAL_P50
    if not quick:
        kept = medians(alone[AUTO]).p50_ms / medians(alone["hist_gradient_boosting"]).p50_ms
        print(f"what {AUTO} keeps: {kept:.2f} x the p50 of boosting on one connection (goal {GOAL_AUTO})")
        met &= kept <= GOAL_AUTO
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
