"""Whether what trains can be imported."""

import importlib
import sys
from pathlib import Path

import pytest

from mlapp.errors import EstimatorsBroken
from mlapp.services.jobs.import_check import ROOT, importing, unimportable

NOBODY = "there is no module 'gbm_of_nobody'; install its package, or mend the import."


def fork(folder: Path, **modules: str) -> Path:
    """An app whose `mlapp.ml` has these modules."""
    for package in (folder / "mlapp", folder / "mlapp/ml"):
        package.mkdir()
        (package / "__init__.py").touch()
    for name, code in modules.items():
        (folder / f"mlapp/ml/{name}.py").write_text(code)
    return folder


def test_nothing_keeps_this_app_from_being_imported():
    assert unimportable(ROOT) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys, gbm_of_nobody.trees", "line 1: there is no module 'gbm_of_nobody.trees'; install"),
        ("'''Two\nlines.'''\n\nfrom gbm_of_nobody import Trees", f"line 4: {NOBODY}"),
        ("from mlapp.ml.gone import x", "line 1: there is no module 'mlapp.ml.gone'; install its package, or mend"),
        ("def f(:", "line 1: invalid syntax."),
        ("if True:\nx = 1", "line 2: expected an indented block after 'if' statement on line 1."),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_place(tmp_path: Path, code: str, said: str):
    told = unimportable(fork(tmp_path, estimators=code))

    assert told
    assert told.startswith(f"mlapp/ml/estimators.py, {said}")


@pytest.mark.parametrize(
    "code", ["from mlapp.ml import trees", "import mlapp.ml.trees", "from mlapp.ml.trees import x"]
)
def test_modules_of_ours_that_the_estimators_import_are_looked_at_too(tmp_path: Path, code: str):
    folder = fork(tmp_path, estimators=code, trees="import mlapp.ml.estimators\nimport gbm_of_nobody")

    assert unimportable(folder) == f"mlapp/ml/trees.py, line 2: {NOBODY}"


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
def test_what_may_be_missing_or_only_shows_when_imported_is_no_reason_not_to_start(tmp_path: Path, code: str):
    assert unimportable(fork(tmp_path, estimators=code)) is None


def test_whatever_an_import_raises_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "half_gbm.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(EstimatorsBroken, match="Nothing can be trained: OSError: libgomp.so.1: cannot op"), importing():
        importlib.import_module("half_gbm")


def test_what_is_forked_from_outlives_what_cannot_be_imported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mlapp.services.jobs.worker", None)
    monkeypatch.delitem(sys.modules, "mlapp.services.jobs.preload", raising=False)

    assert importlib.import_module("mlapp.services.jobs.preload")
