"""One row through /predict in spellings of the same request: each takes at most 1.5 times the plain one (p50)."""

import argparse
import json
import sys
import time
from statistics import median
from typing import Any

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import SERVER_CORE
from benchmarks.harness.server import Server, shared_or_new_server
from benchmarks.predict_single import ROW

GOAL = 1.5
SPELLINGS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "plain": ("/predict", {"records": [ROW]}, {}),
    "charset": ("/predict", {"records": [ROW]}, {"Content-Type": "application/json; charset=utf-8"}),
    "Accept of axios": ("/predict", {"records": [ROW]}, {"Accept": "application/json, text/plain, */*"}),
    "Prefer: handling=strict": ("/predict", {"records": [ROW]}, {"Prefer": "handling=strict"}),
    "model by name": ("/models/diabetes/predict", {"records": [ROW]}, {}),
    "?version=": ("/predict?version=active", {"records": [ROW]}, {}),
    "columns": ("/predict", {"columns": {name: [value] for name, value in ROW.items()}}, {}),
    "out of range": ("/predict", {"records": [ROW | {"bmi": 99.0}]}, {}),
    "not whole": ("/predict", {"records": [ROW | {"age": 59.5}]}, {}),
    "other column": ("/predict", {"records": [ROW | {"customer": "é\n"}]}, {}),
}
"""Path, body and headers by name."""


def p50_ms(server: Server, name: str, requests: int) -> float:
    """Return the median latency of a spelling."""
    path, body, headers = SPELLINGS[name]
    data, times = json.dumps(body).encode(), []
    for _ in range(requests):
        began = time.perf_counter()
        server.http.post(path, content=data, headers={"Content-Type": "application/json"} | headers).raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    return median(times)


def main() -> None:
    """Measure and report whether the goal is met; the spellings alternate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, judges no goal")
    quick = parser.parse_args().quick
    rounds, requests = (1, 50) if quick else (5, 300)
    with shared_or_new_server(SERVER_CORE) as server:
        server.train(dataset="diabetes", estimator="linear")
        p50_ms(server, "plain", requests)
        found = [{name: p50_ms(server, name, requests) for name in SPELLINGS} for _ in range(rounds)]
    plain = median(times["plain"] for times in found)
    ratios = {name: median(times[name] / times["plain"] for times in found) for name in SPELLINGS}
    print(f"plain: p50 {plain:.2f} ms")
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} x")
    sys.exit(NOT_JUDGED if quick else max(ratios.values()) > GOAL)


if __name__ == "__main__":
    main()
