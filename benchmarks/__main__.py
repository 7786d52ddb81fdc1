"""Run all benchmarks one after the other and report which goals are met."""

import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks import NOT_JUDGED
from benchmarks.harness.server import shared_server

LONG = {"pages"}
"""Skipped by the short form, so that it takes less than two minutes; each has a short form of its own."""


def run(skipped: set[str]) -> dict[str, int]:
    """Run the benchmarks with this process's arguments; returns their exit statuses."""
    here = Path(__file__).parent
    statuses = {}
    for name in sorted({path.stem for path in here.glob("[!_]*.py")} - skipped):
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        began = time.perf_counter()
        statuses[name] = subprocess.run(command, cwd=here.parent, check=False).returncode
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
    return statuses


def main() -> None:
    """Run the benchmarks and print a summary."""
    began = time.perf_counter()
    quick = "--quick" in sys.argv
    with shared_server() if quick else nullcontext():
        statuses = run(LONG if quick else set())
    words = {0: "met", NOT_JUDGED: "not judged"}
    print("\n" + "\n".join(f"{words.get(status, 'MISSED'):<12}{name}" for name, status in statuses.items()))
    if quick:
        print(f"skipped     {', '.join(LONG)}")
    print(f"({time.perf_counter() - began:.0f} s in total)")
    sys.exit(not words.keys() >= set(statuses.values()))


if __name__ == "__main__":
    main()
