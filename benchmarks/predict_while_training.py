"""p99 of /predict while a training runs: at most 2 x that without.

One connection sends a hundred requests a second; the training of a forest on 60,000 rows runs throughout.
"""

import argparse
import sys

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import steady
from benchmarks.harness.server import shared_or_new_server, training

GOAL = 2.0


def main() -> None:
    """Measure and report whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, judges no goal")
    seconds = 2.0 if (quick := parser.parse_args().quick) else 20.0
    with shared_or_new_server() as server:
        server.train(dataset="machines", estimator="linear")
        steady(server, 1)
        before = steady(server, seconds).p99_ms
        with training(server):
            during = steady(server, seconds).p99_ms
        after = steady(server, seconds).p99_ms
    alone = (before + after) / 2
    print(f"p99 without a training {alone:.2f} ms; during a training {during / alone:.2f} x (goal {GOAL})")
    sys.exit(NOT_JUDGED if quick else during / alone > GOAL)


if __name__ == "__main__":
    main()
