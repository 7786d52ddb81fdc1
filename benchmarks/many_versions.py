"""A store with 1,000 versions: no effect on /predict, and GET /models answers within 100 ms.

The versions are copies of one that was trained. Two servers take turns, one over a store with that version alone.
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
from benchmarks.harness.server import Server, borrowed, serving, small_store

VERSIONS = 1_000
GOAL_LIST_MS, GOAL_RATIO = 100.0, 1.1


def list_ms(server: Server) -> float:
    """Return the median time of GET /models, which is asked for several times."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        answer = server.http.get("/models").raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    if len(answer.json()["models"]) != VERSIONS:
        sys.exit("GET /models does not list all versions.")
    return statistics.median(times)


def main() -> None:
    """Measure, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, and not judged")
    rounds, seconds = (1, 1.0) if (quick := parser.parse_args().quick) else (3, 10.0)
    ratios, lists = [], []
    with small_store() as few, tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "many"
        shutil.copytree(few, many)
        for version in range(2, VERSIONS + 1):
            shutil.copytree(many / "versions" / "1", many / "versions" / str(version))
        for _ in range(rounds):
            with borrowed() if quick else serving(MLAPP_STORE=str(few)) as server:
                alone = steady(server, seconds).p50_ms
            with serving(MLAPP_STORE=str(many), MLAPP_KEEP_MODELS=str(VERSIONS)) as server:
                ratios.append(steady(server, seconds).p50_ms / alone)
                lists.append(list_ms(server))
    ratio, listed = statistics.median(ratios), statistics.median(lists)
    print(f"/predict: {ratio:.2f} x its median (goal {GOAL_RATIO}); /models: {listed:.0f} ms (goal {GOAL_LIST_MS:.0f})")
    sys.exit(NOT_JUDGED if quick else ratio > GOAL_RATIO or listed > GOAL_LIST_MS)


if __name__ == "__main__":
    main()
