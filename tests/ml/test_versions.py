"""Which libraries made a model."""

import platform

import pytest
import sklearn

from mlapp.ml.versions import library_versions, why_unusable


def test_library_versions_are_those_that_run():
    here = library_versions()

    assert list(here) == ["python", "scikit-learn", "numpy", "polars", "joblib"]
    assert (here["python"], here["scikit-learn"]) == (platform.python_version(), sklearn.__version__)


@pytest.mark.parametrize("name", ["python", "scikit-learn"])
def test_model_of_another_minor_version_is_unusable(name):
    why = why_unusable(library_versions() | {name: "3.2.1"})

    assert why is not None
    assert why.startswith(f"It was trained with {name} 3.2.1, and this is {name} {library_versions()[name]}; train")


def test_model_of_unknown_versions_is_unusable():
    assert (
        why_unusable({})
        == f"It was trained with python unknown, and this is python {platform.python_version()}; train it again."
    )


@pytest.mark.parametrize("name", ["numpy", "polars", "joblib"])
def test_other_libraries_do_not_decide(name):
    assert why_unusable(library_versions() | {name: "0.0.1"}) is None


def test_patch_of_a_version_does_not_decide():
    assert why_unusable({name: f"{version}.post9" for name, version in library_versions().items()}) is None
