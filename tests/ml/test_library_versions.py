"""Which libraries made a model."""

import importlib
import platform
import sys

import pytest
import sklearn
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlapp.ml.library_versions import installed_versions, package_versions, why_unusable


def test_library_versions_are_those_that_run():
    here = installed_versions()

    assert list(here) == ["python", "scikit-learn", "numpy", "polars", "joblib"]
    assert (here["python"], here["scikit-learn"]) == (platform.python_version(), sklearn.__version__)


@pytest.mark.parametrize("name", ["python", "scikit-learn"])
def test_model_of_another_minor_version_is_unusable(name):
    why = why_unusable(installed_versions() | {name: "3.2.1"})

    assert why is not None
    assert why.startswith(f"It was trained with {name} 3.2.1, and this is {name} {installed_versions()[name]}; train")


def test_model_of_unknown_versions_is_unusable():
    assert (
        why_unusable({})
        == f"It was trained with python unknown, and this is python {platform.python_version()}; train it again."
    )


@pytest.mark.parametrize("name", ["numpy", "polars", "joblib"])
def test_other_libraries_do_not_decide(name):
    assert why_unusable(installed_versions() | {name: "0.0.1"}) is None


def test_patch_of_a_version_does_not_decide():
    assert why_unusable({name: f"{version}.post9" for name, version in installed_versions().items()}) is None


@pytest.fixture
def boosting(tmp_path, monkeypatch):
    """A package of another name than its module, as a fork may have one installed."""
    (tmp_path / "small_boosting.py").write_text(
        "from sklearn.dummy import DummyRegressor\nclass Own(DummyRegressor): ..."
    )
    installed = tmp_path / "tiny_gbm-4.6.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-gbm\nVersion: 4.6\n")
    (installed / "top_level.txt").write_text("small_boosting\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("small_boosting")
    del sys.modules["small_boosting"]


def test_package_of_an_estimator_is_known_by_its_name_however_deep_it_is(boosting):
    ensemble = VotingRegressor([("own", make_pipeline(StandardScaler(), boosting.Own()))]).fit([[0.0], [1.0]], [0, 1])

    assert package_versions(ensemble) == {"tiny-gbm": "4.6"}
    assert why_unusable(installed_versions() | package_versions(ensemble)) is None


def test_what_scikit_learn_and_a_fork_bring_themselves_is_no_further_package():
    function = FunctionTransformer(test_library_versions_are_those_that_run)

    assert package_versions(make_pipeline(StandardScaler(), LinearRegression())) == {}
    assert package_versions(function) == {}  # Its module is of no package.


def test_model_of_a_package_that_is_not_here_is_unusable():
    assert why_unusable(installed_versions() | {"tiny-gbm-of-nobody": "4.6.1"}) == (
        "It was trained with tiny-gbm-of-nobody 4.6.1, which is not installed here; "
        "install tiny-gbm-of-nobody==4.6.1 and start again, or train it again."
    )
