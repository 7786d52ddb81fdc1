"""Many models on one server.

Rate: a model's single rows on 64 connections, against 100 models asked in turn, with one core for the server.
Loading: p99 of the default model at a hundred requests a second, while other models are loaded all the time.
Size: p50 of POST /predict with 300 models, one of them with 1,000 versions, against a single version; GET /models.
"""

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import SERVER_CORE, load, steady
from benchmarks.harness.models import fitted, row_of, store_of
from benchmarks.harness.server import Server, serving
from mlapp.schemas import Record

ESTIMATORS = ("linear", "hist_gradient_boosting")
MODELS, MANY_MODELS, VERSIONS = 100, 300, 1_000
GOAL_RATE, GOAL_P99, GOAL_P50, GOAL_LIST_MS = 0.9, 2.0, 1.1, 100.0


def predict_path(model: int) -> str:
    """Return the path that asks a model of `store_of`."""
    return f"/models/m-{model}/predict"


def ask_each(server: Server, record: Record, models: int) -> list[float]:
    """Predict a row by each model, and return the times in ms."""
    times = []
    for model in range(models):
        began = time.perf_counter()
        server.http.post(predict_path(model), json={"records": [row_of(record)]}).raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    return times


def rate(store: Path, record: Record, rounds: int, seconds: int) -> float:
    """Return the median ratio of the rates of all models in turn and of one of them."""
    body, ratios = {"records": [row_of(record)]}, []
    with serving(SERVER_CORE, MLAPP_STORE=str(store)) as server:
        first = ask_each(server, record, MODELS)
        print(f"  first requests: median {statistics.median(first):.0f} ms, longest {max(first[1:]):.0f} ms")
        print(f"  memory after asking each: {server.memory_mb():.0f} MB", flush=True)
        urls = [f"{server.http.base_url}{predict_path(model)}" for model in range(MODELS)]
        for _ in range(rounds):
            one, all_ = (load(some, body, 64, seconds).per_s for some in (urls[:1], urls))
            ratios.append(all_ / one)
            print(f"  one model {one:,.0f}/s, {MODELS} in turn {all_:,.0f}/s", flush=True)
    return statistics.median(ratios)


def loading(store: Path, record: Record, seconds: float) -> float:
    """Return the ratio of p99 while models are loaded, and before and after."""
    # Room for some of the models only, so that each request loads one.
    with serving(MLAPP_STORE=str(store), MLAPP_LOADED_MB="1") as server:
        steady(server, 1)
        before = steady(server, seconds).p99_ms
        done, loaded = threading.Event(), 0

        def load_all() -> None:
            nonlocal loaded
            while not done.is_set():
                loaded += len(ask_each(Server(server.process, server.client()), record, MODELS))

        loader = threading.Thread(target=load_all)
        loader.start()
        during = steady(server, seconds).p99_ms
        done.set()
        loader.join()
        after = steady(server, seconds).p99_ms
    alone = (before + after) / 2
    print(f"  p99 {alone:.2f} ms, while {loaded} versions were loaded {during:.2f} ms", flush=True)
    return during / alone


def list_ms(server: Server) -> float:
    """Return the median time of GET /models."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        answer = server.http.get("/models").raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    if len(answer.json()["models"]) != MANY_MODELS:
        sys.exit("GET /models does not list all models.")
    return statistics.median(times)


def size(file: bytes, record: Record, rounds: int, seconds: float) -> tuple[float, float]:
    """Return the ratio of p50 with many models and versions, and the time of GET /models."""
    ratios, lists = [], []
    with store_of(file, record, 1) as few, store_of(file, record, MANY_MODELS, VERSIONS) as many:
        for _ in range(rounds):
            with serving(MLAPP_STORE=str(few)) as server:
                single = steady(server, seconds).p50_ms
            with serving(MLAPP_STORE=str(many), MLAPP_KEEP_VERSIONS=str(VERSIONS)) as server:
                ratios.append(steady(server, seconds).p50_ms / single)
                lists.append(list_ms(server))
    return statistics.median(ratios), statistics.median(lists)


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the linear model, judges no goal")
    quick = parser.parse_args().quick
    rounds, seconds = (1, 1) if quick else (5, 5)
    met = True
    for estimator in ESTIMATORS[:1] if quick else ESTIMATORS:
        file, record = fitted(estimator)
        print(f"{estimator}:", flush=True)
        with store_of(file, record, MODELS) as store:
            ratio = rate(store, record, rounds, seconds)
            print(f"{estimator}: {MODELS} models in turn {ratio:.2f} x the rate of one (goal {GOAL_RATE})", flush=True)
            met &= ratio >= GOAL_RATE
            if estimator == ESTIMATORS[-1]:
                slower = loading(store, record, 4 * seconds)
                print(f"{estimator}: p99 while others are loaded {slower:.2f} x (goal {GOAL_P99})", flush=True)
                met &= slower <= GOAL_P99
    p50, listed = size(file, record, min(rounds, 3), 2 * seconds)
    print(f"{MANY_MODELS} models, {VERSIONS} versions: /predict {p50:.2f} x the p50 of one (goal {GOAL_P50})")
    print(f"GET /models: {listed:.0f} ms (goal {GOAL_LIST_MS:.0f})")
    met &= p50 <= GOAL_P50 and listed <= GOAL_LIST_MS
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
