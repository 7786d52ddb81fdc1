"""Make a fork by the documented steps, in a temporary folder, and run its tests: `uv run poe fork-test`.

The fork gets its own name and README, and the examples of README.md and CONTRIBUTING.md: an estimator, a route, a page
and their tests. By default only the affected tests run. `--full` adds LightGBM as a dependency, and runs `poe check`
and `poe test` in a new environment, which needs the network.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from delivery.github import ROOT, git
from delivery.init import is_template

AFFECTED_TESTS = (
    "tests/template",
    "tests/api/routes/test_notes.py",
    "tests/ml/test_estimators.py",
    "tests/pages/test_frame.py::test_every_page_has_title_language_and_current_navigation_link",
    "tests/pages/test_notes.py",
    "tests/test_architecture.py::test_layers_import_lower_layers_only",
    "tests/test_bounds.py",
    "tests/test_project_files.py",
    "tests/test_settings.py",
    "tests/test_authorization.py::test_every_route_has_a_permission",
    "tests/test_authorization.py::test_every_route_enforces_its_permissions",
)
README = "# House prices\n\nPredicts the selling price of a house.\n"
EXAMPLE = r"^- \*\*Your estimator\*\*.*?^  ```python\n(.*?)^  ```"
LIGHTGBM = '''
from lightgbm import LGBMClassifier, LGBMRegressor


def plain_lightgbm(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Gradient boosting by LightGBM: fast on large tables."""
    kind = LGBMRegressor if task is Task.REGRESSION else LGBMClassifier
    return make_pipeline(native(columns), kind(random_state=seed, verbose=-1))


ESTIMATORS["plain_lightgbm"] = Recipe(plain_lightgbm)
'''


def main() -> None:
    """Make the fork and test it."""
    parser = argparse.ArgumentParser(prog="poe fork-test", description="Make a fork and run its tests.")
    parser.add_argument("--full", action="store_true", help="add LightGBM, run poe check and all of poe test")
    full = parser.parse_args().full
    if not is_template():
        print("This repository already is a fork: nothing to test.")
        return
    with tempfile.TemporaryDirectory() as name:
        fork = Fork(Path(name) / "house-prices", own_environment=full)
        fork.run("poe", "init", "house-prices", "--holder", "Ada Example")
        fork.add_route()
        fork.add_page()
        fork.add_estimator(example_estimator())
        if full:
            fork.add_estimator(LIGHTGBM)
            fork.edit("pyproject.toml", '    "nicegui', '    # Fast boosting.\n    "lightgbm>=4",\n    "nicegui')
            fork.run("poe", "lock")
        (fork.folder / "README.md").write_text(README)
        fork.run("ruff", "format", "--quiet")
        fork.run("ruff", "check", "--quiet", "--fix")
        if full:
            fork.run("poe", "check")
            fork.run("poe", "test")
        else:
            fork.run("pytest", "-q", "--no-header", *AFFECTED_TESTS)


def example_estimator() -> str:
    """Return the README's example estimator."""
    (example,) = re.findall(EXAMPLE, (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    return textwrap.dedent(example)


class Fork:
    """A copy of this folder, without its history."""

    def __init__(self, folder: Path, *, own_environment: bool) -> None:
        self.folder, self.own_environment = folder, own_environment
        for file in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if (ROOT / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, folder / file)
        git("init", "--quiet", cwd=folder)
        git("add", "--all", cwd=folder)
        steps = (folder / "CONTRIBUTING.md").read_text()
        blocks = re.findall(r"^   ```python\n(.*?)^   ```", steps, flags=re.MULTILINE | re.DOTALL)
        self._method, self._route, self._test_of_route, self._page, self._test_of_page = map(textwrap.dedent, blocks)
        (self._navigation,) = re.findall(r"`(\(\"/notes\".*?)`", steps)
        self._decisions = re.findall(r"`(\"GET [^`]*/notes\": \w+,)`", steps)

    def run(self, *command: str) -> None:
        """Run a command in the fork; exit if it fails."""
        began = time.monotonic()
        whole = ["uv", "run", *command] if self.own_environment else list(command)
        # One thread is fastest on small tables; `poe test` sets that itself.
        environment = without_virtual_environment() if self.own_environment else os.environ | {"OMP_NUM_THREADS": "1"}
        print(f"$ {' '.join(whole)}", flush=True)
        status = subprocess.run(whole, cwd=self.folder, env=environment, check=False).returncode
        print(f"  status {status} after {time.monotonic() - began:.1f} s", flush=True)
        if status:
            sys.exit(f"The fork fails: '{' '.join(whole)}' exited with {status}.")

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text that occurs exactly once in a file."""
        text = (self.folder / file).read_text()
        if text.count(before) != 1:
            sys.exit(f"{file} contains {before!r} {text.count(before)} times, not once: update delivery/fork_test.py.")
        (self.folder / file).write_text(text.replace(before, after))

    def add_route(self) -> None:
        """Add CONTRIBUTING.md's route and its test."""
        (self.folder / "mlapp/api/routes/notes.py").write_text(self._route)
        (self.folder / "tests/api/routes/test_notes.py").write_text(self._test_of_route)
        method = textwrap.indent(self._method, "    ")
        self.edit("mlapp/services/models/service.py", "    async def history", f"{method}\n    async def history")
        self.edit("mlapp/app.py", "metrics, models, predict", "metrics, models, notes, predict")
        self.edit("mlapp/app.py", "models, versions, catalog", "models, versions, notes, catalog")
        self.edit(
            "tests/test_authorization.py", "PERMISSIONS = {", f"PERMISSIONS = {{\n    {' '.join(self._decisions)}"
        )

    def add_page(self) -> None:
        """Add CONTRIBUTING.md's page and its test."""
        (self.folder / "pages/notes.py").write_text(self._page)
        (self.folder / "tests/pages/test_notes.py").write_text(self._test_of_page)
        self.edit("pages/__init__.py", "import jobs, models, system", "import jobs, models, notes, system")
        self.edit("pages/__init__.py", "PAGES = (", "PAGES = (notes, ")
        self.edit("pages/frame.py", "NAVIGATION = (", f"NAVIGATION = (\n    {self._navigation}")

    def add_estimator(self, recipe: str) -> None:
        """Add a recipe: its import at the top of the file, the rest at the end."""
        library, rest = recipe.strip().split("\n", 1)
        self.edit("mlapp/ml/estimators.py", "from sklearn.base import", f"{library}\nfrom sklearn.base import")
        with (self.folder / "mlapp/ml/estimators.py").open("a") as estimators:
            estimators.write(rest)


def without_virtual_environment() -> dict[str, str]:
    """Return the environment variables without this process's virtual environment."""
    own = str(Path(sys.prefix) / "bin")
    path = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if folder != own)
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | {"PATH": path}


if __name__ == "__main__":
    main()
