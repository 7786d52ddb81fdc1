"""Run all benchmarks, one after the other, and say which goals were met."""

import pkgutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import NOT_JUDGED

SHARED = ("load", "serving", "tables")
"""What benchmarks share, and is none."""
LONG = ("intervals", "pages", "quality", "train_overhead")
"""What the short form leaves out, so that it takes less than two minutes; each has a short form of its own."""


def main() -> None:
    """Run them with the arguments given."""
    here = Path(__file__).parent
    names = [found.name for found in pkgutil.iter_modules([str(here)]) if not found.ispkg]
    left_out = SHARED + (LONG if "--quick" in sys.argv else ())
    statuses = {}
    for name in names:
        if name in left_out or name.startswith("_"):
            continue
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        began = time.perf_counter()
        statuses[name] = subprocess.run(command, cwd=here.parent, check=False).returncode
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
    words = {0: "met", NOT_JUDGED: "not judged"}
    print("\n" + "\n".join(f"{words.get(status, 'MISSED'):<12}{name}" for name, status in statuses.items()))
    if "--quick" in sys.argv:
        print(f"left out    {', '.join(LONG)}")
    sys.exit(not words.keys() >= set(statuses.values()))


if __name__ == "__main__":
    main()
