"""Run all benchmarks, one after the other, and say which goals were met."""

import pkgutil
import subprocess
import sys
from pathlib import Path

SHARED = ("serving", "tables")
"""What benchmarks share, and is none."""


def main() -> None:
    """Run them with the arguments given."""
    here = Path(__file__).parent
    names = [found.name for found in pkgutil.iter_modules([str(here)])]
    met = {}
    for name in names:
        if name in SHARED or name.startswith("_"):
            continue
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        met[name] = subprocess.run(command, cwd=here.parent, check=False).returncode == 0
    print("\n" + "\n".join(f"{'met   ' if done else 'MISSED'}  {name}" for name, done in met.items()))
    sys.exit(not all(met.values()))


if __name__ == "__main__":
    main()
