"""Library versions of a model."""

import importlib
import platform
import sys

import pytest
import sklearn
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlapp.ml.library_versions import installed_versions, package_versions, unusable_reason


def test_installed_versions_are_those_in_use():
    installed = installed_versions()

    assert list(installed) == ["python", "scikit-learn", "numpy", "polars", "joblib"]
    assert (installed["python"], installed["scikit-learn"]) == (platform.python_version(), sklearn.__version__)


@pytest.mark.parametrize("name", ["python", "scikit-learn"])
def test_model_of_another_minor_version_is_unusable(name):
    why = unusable_reason(installed_versions() | {name: "3.2.1"})

    assert why is not None
    assert f"{name} 3.2.1" in why
    assert f"{name} {installed_versions()[name]}" in why


def test_model_of_unknown_versions_is_unusable():
    assert "python unknown" in str(unusable_reason({}))


@pytest.mark.parametrize("name", ["numpy", "polars", "joblib"])
def test_other_libraries_may_have_any_version(name):
    assert unusable_reason(installed_versions() | {name: "0.0.1"}) is None


def test_patch_version_may_differ():
    assert unusable_reason({name: f"{version}.post9" for name, version in installed_versions().items()}) is None


@pytest.fixture
def boosting(tmp_path, monkeypatch):
    """An installed package whose name differs from that of its module."""
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


def test_package_of_a_nested_estimator_is_found(boosting):
    ensemble = VotingRegressor([("own", make_pipeline(StandardScaler(), boosting.Own()))]).fit([[0.0], [1.0]], [0, 1])

    assert package_versions(ensemble) == {"tiny-gbm": "4.6"}
    assert unusable_reason(installed_versions() | package_versions(ensemble)) is None


def test_required_libraries_and_own_modules_are_not_listed():
    function = FunctionTransformer(test_installed_versions_are_those_in_use)

    assert package_versions(make_pipeline(StandardScaler(), LinearRegression())) == {}
    assert package_versions(function) == {}  # Its module is of no package.


def test_model_of_a_missing_package_is_unusable():
    why = unusable_reason(installed_versions() | {"missing-gbm": "4.6.1"})

    assert "install missing-gbm==4.6.1" in str(why)
