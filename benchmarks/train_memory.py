"""The memory of the server and its training process while it trains on 100,000 x 10: at most 500 MB at its peak.

Counted is what the system would get back if all of it ended (PSS), pages mounted, as often as it can be read.
"""

import argparse
import sys
import threading

from benchmarks.serving import Server, serving
from benchmarks.tables import as_csv, mixed

GOAL_MB = 500


def peak_mb(server: Server, data: bytes, estimator: str) -> float:
    """Return the most memory that is held at once during a training."""
    done = threading.Event()
    seen: list[float] = []

    def watch() -> None:
        while not done.is_set():
            seen.append(server.memory_mb())
            done.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        server.train(data, target="y", estimator=estimator)
    finally:
        done.set()
        watcher.join()
    return max(seen)


def main() -> None:
    """Measure, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one estimator only")
    quick = parser.parse_args().quick
    data = as_csv(mixed(100_000))
    peaks = {}
    for estimator in ("linear",) if quick else ("linear", "hist_gradient_boosting", "auto"):
        with serving() as server:
            idle = server.memory_mb()
            peaks[estimator] = peak_mb(server, data, estimator)
            print(
                f"{estimator}: idle {idle:.0f} MB, at the peak {peaks[estimator]:.0f} MB (goal {GOAL_MB})", flush=True
            )
    sys.exit(max(peaks.values()) > GOAL_MB)


if __name__ == "__main__":
    main()
