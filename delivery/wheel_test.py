"""Install the wheel in an empty environment, and use it there: `uv run poe wheel-test`.

Runs the notebook and the commands, with the versions of requirements.txt.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from delivery.github import ROOT

NOT_INSTALLED = ("pages", "tests", "main.py", "docs", "delivery", "benchmarks")
MAX_PRINTED = 3_000
"""Characters that are printed of the output of a command."""
ROWS = "".join(f"{area},{'north' if area % 3 else 'harbour'},{4 * area}\n" for area in range(30, 90))
TABLE = f"area,district,price\n{ROWS}"


def main() -> None:
    """Build, install, check what is there, train and predict."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "uv", "build", "--quiet", "--wheel", "--out-dir", ".", str(ROOT))
        (wheel,) = folder.glob("*.whl")
        run(folder, "uv", "venv", "--quiet", "venv")
        python, mlapp = folder / "venv/bin/python", str(folder / "venv/bin/mlapp")
        where = ["--python", str(python), "--constraint", str(ROOT / "requirements.txt")]
        run(folder, "uv", "pip", "install", "--quiet", *where, wheel.name)
        (packages,) = folder.glob("venv/lib/*/site-packages")
        if leaked := [name for name in NOT_INSTALLED if (packages / name).exists()]:
            sys.exit(f"The wheel installs {', '.join(leaked)}: see [tool.uv.build-backend] in pyproject.toml.")
        run(folder, str(python), str(ROOT / "docs/run_notebook.py"), str(ROOT / "docs/library.ipynb"))
        (folder / "flats.csv").write_text(TABLE)
        run(folder, mlapp, "train", "flats.csv", "--target", "price", "--estimator", "linear")
        run(folder, mlapp, "models")
        if run(folder, mlapp, "predict", "flats.csv").splitlines()[0] != "area,district,price,prediction,lower,upper":
            sys.exit("`mlapp predict` does not answer with the table and its predictions.")


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, print the beginning of its output, and return it; exit if the command fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "MLAPP_"))}
    print(f"$ {' '.join(command)}", flush=True)
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False, timeout=600
    )
    print(done.stdout[:MAX_PRINTED], flush=True)
    if done.returncode:
        sys.exit(f"'{' '.join(command)}' exited with {done.returncode}.")
    return done.stdout


if __name__ == "__main__":
    main()
