"""Start-up: first 200 of /health within 1.3 x the time of `python -c "import nicegui"`.

Both alternate, with compiled bytecode and a store with a model. The time to the first prediction is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks import NOT_JUDGED
from benchmarks.harness.server import ROOT, free_port, small_store

GOAL = 1.3


def import_s() -> float:
    """Return the time of a Python process that imports nicegui."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import nicegui"], check=True)
    return time.perf_counter() - began


def first_responses_s(store: Path, row: dict[str, object]) -> tuple[float, float]:
    """Return the times to the first 200 of /health and of /predict."""
    port = free_port()
    here = {"MLAPP_PORT": str(port), "MLAPP_STORE": str(store), "MLAPP_LOG_LEVEL": "warning"}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=os.environ | here)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            while True:
                try:
                    http.get("/health").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.01)
            healthy = time.perf_counter() - began
            http.post("/predict", json={"records": [row]}).raise_for_status()
            return healthy, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """Measure and report whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, judges no goal")
    rounds = 1 if (quick := parser.parse_args().quick) else 9
    imports: list[float] = []
    starts: list[tuple[float, float]] = []
    with small_store() as store:
        record = json.loads((store / "models" / "diabetes" / "versions" / "1" / "record.json").read_text())
        row = {feature["name"]: feature["example"] for feature in record["features"]}
        # Making the store has compiled all bytecode.
        for _ in range(rounds):
            imports.append(import_s())
            starts.append(first_responses_s(store, row))
    floor = statistics.median(imports)
    healthy, predicted = (statistics.median(times) for times in zip(*starts, strict=True))
    print(f"import nicegui: {floor:.2f} s; /health: {healthy / floor:.2f} x (goal {GOAL})")
    print(f"first prediction: {predicted / floor:.2f} x")
    sys.exit(NOT_JUDGED if quick else healthy / floor > GOAL)


if __name__ == "__main__":
    main()
