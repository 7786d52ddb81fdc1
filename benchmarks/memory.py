"""The memory of a server with its pages: 200 MB without a model, 300 MB a minute after the last training.

Counted is what the system would get back if all of it ended (PSS). Before it is read, every page is opened once and
predictions are asked for.
"""

import argparse
import sys
import time

from benchmarks import NOT_JUDGED
from benchmarks.serving import Server, serving

GOAL_IDLE_MB, GOAL_SERVING_MB = 200, 300
PAGES = ("", "train", "predict", "models", "monitor", "jobs", "health")
REST_S = 65


def used_mb(server: Server) -> float:
    """Return the memory after every page was asked for."""
    for page in PAGES:
        server.http.get(f"/ui/{page}").raise_for_status()
    return server.memory_mb()


def main() -> None:
    """Measure, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without waiting, and not judged")
    quick = parser.parse_args().quick
    with serving() as server:
        time.sleep(1 if quick else 5)
        idle = used_mb(server)
        print(f"no model: {idle:.0f} MB (goal {GOAL_IDLE_MB})", flush=True)
        for estimator in ("linear",) if quick else ("blend", "linear"):
            model = server.train(dataset="machines", estimator=estimator)
        row = {feature["name"]: feature["example"] for feature in model["features"]}
        for _ in range(500):
            server.http.post("/predict", json={"records": [row]}).raise_for_status()
        time.sleep(0 if quick else REST_S)
        served = used_mb(server)
        print(f"serving: {served:.0f} MB (goal {GOAL_SERVING_MB})")
    sys.exit(NOT_JUDGED if quick else idle > GOAL_IDLE_MB or served > GOAL_SERVING_MB)


if __name__ == "__main__":
    main()
