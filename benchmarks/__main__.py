"""Run all benchmarks, one after the other, and say which goals were met."""

import pkgutil
import subprocess
import sys
from pathlib import Path

from benchmarks import NOT_JUDGED

SHARED = ("load", "serving", "tables")
"""What benchmarks share, and is none."""


def main() -> None:
    """Run them with the arguments given."""
    here = Path(__file__).parent
    names = [found.name for found in pkgutil.iter_modules([str(here)])]
    statuses = {}
    for name in names:
        if name in SHARED or name.startswith("_"):
            continue
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        statuses[name] = subprocess.run(command, cwd=here.parent, check=False).returncode
    words = {0: "met", NOT_JUDGED: "not judged"}
    print("\n" + "\n".join(f"{words.get(status, 'MISSED'):<12}{name}" for name, status in statuses.items()))
    sys.exit(not words.keys() >= set(statuses.values()))


if __name__ == "__main__":
    main()
