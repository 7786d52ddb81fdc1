"""Import check of the estimators."""

import importlib
import sys
from pathlib import Path

import pytest

from mlapp.errors import EstimatorsBroken
from mlapp.services.jobs.import_check import ROOT, find_import_error, report_import_errors

MISSING = "there is no module 'gbm_of_nobody'; install its package, or fix the import."


def fork(folder: Path, **modules: str) -> Path:
    """An app whose `mlapp.ml` has these modules."""
    for package in (folder / "mlapp", folder / "mlapp/ml"):
        package.mkdir()
        (package / "__init__.py").touch()
    for name, code in modules.items():
        (folder / f"mlapp/ml/{name}.py").write_text(code)
    return folder


def test_estimators_of_this_app_can_be_imported():
    assert find_import_error(ROOT) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys, gbm_of_nobody.trees", "line 1: there is no module 'gbm_of_nobody.trees'; install"),
        ("'''Two\nlines.'''\n\nfrom gbm_of_nobody import Trees", f"line 4: {MISSING}"),
        ("from mlapp.ml.gone import x", "line 1: there is no module 'mlapp.ml.gone'; install its package, or fix"),
        ("def f(:", "line 1: invalid syntax."),
        ("if True:\nx = 1", "line 2: expected an indented block after 'if' statement on line 1."),
    ],
)
def test_failing_import_is_reported_with_its_line(tmp_path: Path, code: str, expected: str):
    error = find_import_error(fork(tmp_path, estimators=code))

    assert error
    assert error.startswith(f"mlapp/ml/estimators.py, {expected}")


@pytest.mark.parametrize(
    "code", ["from mlapp.ml import trees", "import mlapp.ml.trees", "from mlapp.ml.trees import x"]
)
def test_modules_that_the_estimators_import_are_checked_too(tmp_path: Path, code: str):
    folder = fork(tmp_path, estimators=code, trees="import mlapp.ml.estimators\nimport gbm_of_nobody")

    assert find_import_error(folder) == f"mlapp/ml/trees.py, line 2: {MISSING}"


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import gbm_of_nobody\nexcept ImportError:\n    gbm_of_nobody = None",
        "def recipe():\n    import gbm_of_nobody",
        "from . import trees",
        "import mlapp.ml",
        "from sklearn.nowhere import x",
    ],
)
def test_optional_and_dynamic_imports_are_not_reported(tmp_path: Path, code: str):
    assert find_import_error(fork(tmp_path, estimators=code)) is None


def test_any_exception_of_an_import_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "half_gbm.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(EstimatorsBroken, match="OSError: libgomp.so.1"), report_import_errors():
        importlib.import_module("half_gbm")


def test_sentence_about_an_entry_point_is_kept():
    with pytest.raises(EstimatorsBroken, match="^Sentence$"), report_import_errors():
        raise EstimatorsBroken("Sentence")


def test_preload_ignores_failing_imports(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mlapp.services.jobs.worker", None)
    monkeypatch.delitem(sys.modules, "mlapp.services.jobs.preload", raising=False)

    assert importlib.import_module("mlapp.services.jobs.preload")


def test_preload_adds_the_allowed_estimators(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_ESTIMATORS", "one,two")
    monkeypatch.delitem(sys.modules, "mlapp.services.jobs.preload", raising=False)
    added: list[list[str]] = []
    monkeypatch.setattr("mlapp.ml.catalog.add_estimators", lambda names: added.append([*names]))

    importlib.import_module("mlapp.services.jobs.preload")

    assert added == [["one", "two"]]
