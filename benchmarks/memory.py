"""Memory of all processes (PSS): without a model, at the peak of a training, a minute after it, with 100 models asked.

At most 200, 500 (on 100,000 × 10, and on 100,000 rows with a text), 300 and 350 MB. Each page is opened once, and a
model is serving while others train.
"""

import argparse
import sys
import threading
import time
from typing import Any

from benchmarks import NOT_JUDGED
from benchmarks.harness.models import fitted, row_of, store_of
from benchmarks.harness.server import Server, serving
from benchmarks.harness.tables import as_csv, mixed, reviews

GOAL_IDLE_MB, GOAL_PEAK_MB, GOAL_SERVING_MB, GOAL_MODELS_MB = 200, 500, 300, 350
MODELS = 100
PAGES, TABS = ("/", "/train", "/jobs", "/system"), ("", "/predict", "/versions", "/monitor", "/api", "/settings")
REST_S = 65


def used_mb(server: Server) -> float:
    """Return the memory after opening every page, those of a model for the default one."""
    default = server.http.get("/models").json()["default"]
    for page in [*PAGES, *(f"/models/{default}{tab}" for tab in TABS if default)]:
        server.http.get(f"/ui{page}").raise_for_status()
    return server.memory_mb()


def predict(server: Server, version: dict[str, Any]) -> None:
    """Predict an example row of a version a hundred times."""
    row = {feature["name"]: feature["example"] for feature in version["features"]}
    for _ in range(100):
        server.http.post(version["predict_path"], json={"records": [row]}).raise_for_status()


def peak_mb(server: Server, data: bytes, estimator: str) -> float:
    """Return the peak memory during a training."""
    done = threading.Event()
    samples: list[float] = []

    def sample() -> None:
        while not done.is_set():
            samples.append(server.memory_mb())
            done.wait(0.02)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        server.train(data, target="y", estimator=estimator)
    finally:
        done.set()
        sampler.join()
    return max(samples)


def models_mb(models: int) -> float:
    """Return the memory after a hundred rows were predicted by each of many models."""
    file, record = fitted("hist_gradient_boosting")
    with store_of(file, record, models) as store, serving(MLAPP_STORE=str(store)) as server:
        body = {"records": [row_of(record)]}
        for _ in range(100):
            for model in range(models):
                server.http.post(f"/models/m-{model}/predict", json=body).raise_for_status()
        return used_mb(server)


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one estimator, no waiting, judges no goal")
    quick = parser.parse_args().quick
    data = as_csv(mixed(100_000))
    with serving() as server:
        time.sleep(1 if quick else 5)
        idle = used_mb(server)
        print(f"no model: {idle:.0f} MB (goal {GOAL_IDLE_MB})", flush=True)
        trained = server.train(dataset="machines", estimator="linear" if quick else "auto")
        predict(server, trained)
        peaks = []
        for estimator in ("linear",) if quick else ("linear", "hist_gradient_boosting", "auto"):
            peaks.append(peak_mb(server, data, estimator))
            print(f"training, {estimator}: {peaks[-1]:.0f} MB at the peak (goal {GOAL_PEAK_MB})", flush=True)
        texts = as_csv(reviews(10_000 if quick else 100_000))
        peaks.append(peak_mb(server, texts, "linear" if quick else "auto"))
        print(f"training with a text: {peaks[-1]:.0f} MB at the peak (goal {GOAL_PEAK_MB})", flush=True)
        predict(server, trained)
        time.sleep(0 if quick else REST_S)
        served = used_mb(server)
        print(f"serving: {served:.0f} MB (goal {GOAL_SERVING_MB} a minute after the last training)")
    asked = models_mb(5 if quick else MODELS)
    print(f"{MODELS} models asked: {asked:.0f} MB (goal {GOAL_MODELS_MB})")
    met = asked <= GOAL_MODELS_MB and idle <= GOAL_IDLE_MB and max(peaks) <= GOAL_PEAK_MB and served <= GOAL_SERVING_MB
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
