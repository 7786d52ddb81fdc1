"""The 99th percentile of /predict while a training runs: at most 2 x what it is without.

One connection that asks a hundred times a second, as a program would; the training is that of a forest on 60,000 rows,
which outlasts it.
"""

import argparse
import sys

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import steady
from benchmarks.harness.server import borrowed, training

GOAL = 2.0


def main() -> None:
    """Measure, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, and not judged")
    seconds = 2.0 if (quick := parser.parse_args().quick) else 20.0
    with borrowed() as server:
        server.train(dataset="machines", estimator="linear")
        steady(server, 1)
        before = steady(server, seconds).p99_ms
        with training(server):
            beside = steady(server, seconds).p99_ms
        after = steady(server, seconds).p99_ms
    alone = (before + after) / 2
    print(f"p99 alone {alone:.2f} ms; beside a training {beside / alone:.2f} x (goal {GOAL})")
    sys.exit(NOT_JUDGED if quick else beside / alone > GOAL)


if __name__ == "__main__":
    main()
