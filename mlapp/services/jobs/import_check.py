"""Import check of the estimators: statically at startup, and as a readable error where they are imported."""

import ast
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from mlapp.errors import EstimatorsBroken, reason

ROOT = Path(__file__).parents[3]
"""The folder that holds the package."""
ESTIMATORS = "mlapp.ml.estimators"


def find_import_error(root: Path) -> str | None:
    """Return why the estimators of the app in a folder cannot be imported, as a sentence; None if they can.

    It parses the module-level imports of `estimators.py`, and of the modules of mlapp that they import, and checks that
    each module exists: importing scikit-learn would take a second and 80 MB. Errors that occur only on import, such as
    a missing shared library, are reported by `report_import_errors`.
    """
    queue, seen = [ESTIMATORS], {ESTIMATORS}
    while queue:
        file = _file(queue.pop(), root)
        try:
            body = ast.parse(file.read_bytes(), file).body
        except SyntaxError as error:
            return f"{file.relative_to(root)}, line {error.lineno}: {error.msg}."
        for node in body:
            needed, optional = _imported(node)
            if missing := [module for module in needed if not _exists(module, root)]:
                where = f"{file.relative_to(root)}, line {node.lineno}"
                return f"{where}: there is no module '{missing[0]}'; install its package, or fix the import."
            own = {module for module in needed + optional if _file(module, root).exists()} - seen
            queue += own
            seen |= own
    return None


@contextmanager
def report_import_errors() -> Iterator[None]:
    """Raise errors of an import as `EstimatorsBroken`, with file and line.

    Raises:
        EstimatorsBroken: the import failed; `__cause__` is the original exception.
    """
    try:
        yield
    except EstimatorsBroken:
        raise
    # An import runs code of libraries, which may raise anything.
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT / "mlapp")]
        where = f"{Path(own[-1].filename).relative_to(ROOT)}, line {own[-1].lineno}"
        text = f"The estimators cannot be imported: {reason(error)} ({where})"
        raise EstimatorsBroken(f"{text}; install the missing package or fix the import, then train again.") from error


def _imported(node: ast.stmt) -> tuple[list[str], list[str]]:
    """Return the modules that a statement imports, and names that may be modules or attributes."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names], []
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module], [f"{node.module}.{alias.name}" for alias in node.names]
    return [], []


def _exists(module: str, root: Path) -> bool:
    package = module.partition(".")[0]
    if not (root / package / "__init__.py").exists():
        # Finding a submodule of a library would import its package.
        return find_spec(package) is not None
    path = root.joinpath(*module.split("."))
    return path.is_dir() or any(path.parent.glob(f"{path.name}.*"))


def _file(module: str, root: Path) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
