"""A store with 1,000 versions: no effect on POST /predict, GET /models within 100 ms.

The versions are copies of one. Servers alternate between this store and one with a single version.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import steady
from benchmarks.harness.server import Server, serving, shared_or_new_server, small_store

VERSIONS = 1_000
GOAL_LIST_MS, GOAL_RATIO = 100.0, 1.1


def list_ms(server: Server) -> float:
    """Return the median time of GET /models."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        answer = server.http.get("/models").raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    if len(answer.json()["models"]) != VERSIONS:
        sys.exit("GET /models does not list all versions.")
    return statistics.median(times)


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, judges no goal")
    rounds, seconds = (1, 1.0) if (quick := parser.parse_args().quick) else (3, 10.0)
    ratios, lists = [], []
    with small_store() as few, tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "many"
        shutil.copytree(few, many)
        for version in range(2, VERSIONS + 1):
            shutil.copytree(many / "versions" / "1", many / "versions" / str(version))
        for _ in range(rounds):
            with shared_or_new_server() if quick else serving(MLAPP_STORE=str(few)) as server:
                single = steady(server, seconds).p50_ms
            with serving(MLAPP_STORE=str(many), MLAPP_KEEP_MODELS=str(VERSIONS)) as server:
                ratios.append(steady(server, seconds).p50_ms / single)
                lists.append(list_ms(server))
    ratio, listed = statistics.median(ratios), statistics.median(lists)
    print(f"/predict: {ratio:.2f} x the median of one version (goal {GOAL_RATIO})")
    print(f"/models: {listed:.0f} ms (goal {GOAL_LIST_MS:.0f})")
    sys.exit(NOT_JUDGED if quick else ratio > GOAL_RATIO or listed > GOAL_LIST_MS)


if __name__ == "__main__":
    main()
