"""Whether what trains can be imported: looked at before the start, and told where it is really imported."""

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


def unimportable(root: Path) -> str | None:
    """Return what keeps the estimators of an app in a folder from being imported, in a sentence; None if nothing.

    It reads what they, and the modules of ours that they import, import at module level, and looks whether it is there:
    to import scikit-learn takes a second and 80 MB. What only shows when it is imported, as a shared library that is
    missing, is for `importing` to tell.
    """
    waiting, seen = [ESTIMATORS], {ESTIMATORS}
    while waiting:
        file = _file(waiting.pop(), root)
        try:
            body = ast.parse(file.read_bytes(), file).body
        except SyntaxError as error:
            return f"{file.relative_to(root)}, line {error.lineno}: {error.msg}."
        for node in body:
            needed, perhaps = _imported(node)
            if missing := [module for module in needed if not _exists(module, root)]:
                where = f"{file.relative_to(root)}, line {node.lineno}"
                return f"{where}: there is no module '{missing[0]}'; install its package, or mend the import."
            ours = {module for module in needed + perhaps if _file(module, root).exists()} - seen
            waiting += ours
            seen |= ours
    return None


@contextmanager
def importing() -> Iterator[None]:
    """Turn whatever is raised while what trains is imported into a sentence that says where.

    Raises:
        EstimatorsBroken: it cannot be imported; its `__cause__` is what was raised.
    """
    try:
        yield
    # An import runs code of any library, which may raise anything.
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
        where = f"{Path(ours[-1].filename).relative_to(ROOT)}, line {ours[-1].lineno}"
        said = f"Nothing can be trained: {reason(error)} ({where})"
        raise EstimatorsBroken(f"{said}; install what is missing, or mend the import, and train again.") from error


def _imported(node: ast.stmt) -> tuple[list[str], list[str]]:
    """Return the modules that a statement imports, and what may be a module or a name in one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names], []
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module], [f"{node.module}.{alias.name}" for alias in node.names]
    return [], []


def _exists(module: str, root: Path) -> bool:
    package = module.partition(".")[0]
    if not (root / package / "__init__.py").exists():
        # What is in a package of others is only found by importing that.
        return find_spec(package) is not None
    path = root.joinpath(*module.split("."))
    return path.is_dir() or any(path.parent.glob(f"{path.name}.*"))


def _file(module: str, root: Path) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(ROOT / "mlapp")
