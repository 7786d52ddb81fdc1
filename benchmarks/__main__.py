"""Run all benchmarks, one after the other, and say which goals were met."""

import pkgutil
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks import NOT_JUDGED
from benchmarks.harness.server import lending

LONG = ("pages", "train_overhead")
"""What the short form leaves out, so that it takes less than two minutes; each has a short form of its own."""


def run(left_out: tuple[str, ...]) -> dict[str, int]:
    """Run them with the arguments given, and return their exit statuses."""
    here = Path(__file__).parent
    statuses = {}
    for found in pkgutil.iter_modules([str(here)]):
        if found.ispkg or found.name in left_out:
            continue
        print(f"\n== {found.name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{found.name}", *sys.argv[1:]]
        began = time.perf_counter()
        statuses[found.name] = subprocess.run(command, cwd=here.parent, check=False).returncode
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
    return statuses


def main() -> None:
    """Run them, and say which goals were met."""
    began = time.perf_counter()
    quick = "--quick" in sys.argv
    with lending() if quick else nullcontext():
        statuses = run(LONG if quick else ())
    words = {0: "met", NOT_JUDGED: "not judged"}
    print("\n" + "\n".join(f"{words.get(status, 'MISSED'):<12}{name}" for name, status in statuses.items()))
    if quick:
        print(f"left out    {', '.join(LONG)}")
    print(f"({time.perf_counter() - began:.0f} s in all)")
    sys.exit(not words.keys() >= set(statuses.values()))


if __name__ == "__main__":
    main()
