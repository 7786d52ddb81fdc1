"""`mlapp.register`: fitted pipelines in a store."""

import importlib
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

import mlapp
from mlapp.errors import Conflict, Unacceptable
from mlapp.ml import library_versions
from mlapp.ml.library_versions import unusable_reason

FEATURES = ["age", "bmi", "bp"]
MODULE = """
from sklearn.base import BaseEstimator, TransformerMixin


class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X * 2
"""


@pytest.fixture(scope="module")
def pipeline(prices: pl.DataFrame) -> Ridge:
    return Ridge().fit(prices[FEATURES], prices["progression"])


def test_registered_pipeline_predicts_as_it_did(pipeline, prices, tmp_path):
    version = mlapp.register(pipeline, prices, target="progression", model="ridge", store=tmp_path, note="By hand")

    found = mlapp.load("ridge", store=tmp_path).predict(prices)
    assert np.allclose(found["prediction"], pipeline.predict(prices[FEATURES]), rtol=1e-12, atol=0)
    assert (found["lower"] < found["upper"]).all()
    assert version.info.note == "By hand"
    assert version.info.active


def test_pandas_frame_and_file_give_the_same_metrics(prices, tmp_path):
    prices.write_csv(tmp_path / "prices.csv")
    frame = pd.read_csv(tmp_path / "prices.csv")
    pipeline = Ridge().fit(frame[FEATURES], frame["progression"])

    by_frame = mlapp.register(pipeline, frame, target="progression", store=tmp_path / "store")
    by_file = mlapp.register(pipeline, tmp_path / "prices.csv", target="progression", store=tmp_path / "store")

    assert by_frame.info.metrics == pytest.approx(by_file.info.metrics, rel=1e-12)
    assert by_frame.info.model == "progression"
    assert by_file.info.model == "prices"


def test_version_that_would_break_callers_stays_inactive(pipeline, prices, tmp_path):
    mlapp.train(prices[["age", "progression"]], target="progression", estimator="linear", model="m", store=tmp_path)

    version = mlapp.register(pipeline, prices, target="progression", model="m", store=tmp_path)

    assert version.info.version == 2
    assert not version.info.active
    assert "needs 'bmi'" in version.info.breaking[0]


def test_progress_is_reported(pipeline, prices, tmp_path):
    stages: list[str] = []
    mlapp.register(
        pipeline, prices, target="progression", store=tmp_path, progress=lambda stage, _: stages.append(stage)
    )

    assert stages[0] == "Checking the pipeline"
    assert "Evaluating Ridge: fold 5 of 5" in stages


def test_predict_that_differs_from_the_most_probable_class_is_warned_of(prices, tmp_path):
    class_of = (prices["progression"] > 140).cast(pl.Int64).alias("high")
    pipeline = Biased().fit(prices[FEATURES], class_of)

    version = mlapp.register(pipeline, prices[FEATURES].with_columns(class_of), target="high", store=tmp_path)

    assert "predict() of the pipeline is not its most probable class" in " ".join(version.info.warnings)


class Biased(LogisticRegression):  # type: ignore[misc]
    """Always predicts the first class, whatever its probability."""

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_server_without_a_module_says_which(prices, tmp_path, monkeypatch):
    (tmp_path / "own_steps.py").write_text(MODULE)
    with monkeypatch.context() as path:
        path.syspath_prepend(tmp_path)
        own_steps = importlib.import_module("own_steps")
        pipeline = make_pipeline(own_steps.Doubled(), Ridge()).fit(prices[FEATURES], prices["progression"])
        version = mlapp.register(
            pipeline, prices, target="progression", model="own", store=tmp_path / "store", features=FEATURES
        )
        assert version.info.registered
        assert version.info.registered.imports == ["own_steps"]
    del sys.modules["own_steps"]
    library_versions._is_importable.cache_clear()

    with pytest.raises(Conflict, match="Its pipeline needs the module 'own_steps', which is not here; put it beside"):
        mlapp.load("own", store=tmp_path / "store")


def test_server_without_pandas_says_which_to_install(prices, tmp_path):
    frame = pd.DataFrame(prices.to_dict(as_series=False))
    pipeline = Ridge().fit(frame[FEATURES], frame["progression"])
    info = mlapp.register(pipeline, frame, target="progression", store=tmp_path).info

    assert info.registered
    assert info.registered.imports == ["pandas"]
    missing = {name.replace("pandas", "panda-s"): found for name, found in info.library_versions.items()}
    assert "which is not installed; install panda-s==3" in str(unusable_reason(missing, info.registered))
    assert "register it again" in str(unusable_reason(missing, info.registered))


def test_missing_file_is_an_error_of_the_system(pipeline, tmp_path):
    with pytest.raises(FileNotFoundError):
        mlapp.register(pipeline, tmp_path / "absent.csv", target="progression", store=tmp_path)


def test_frame_without_the_target_is_rejected(pipeline, prices, tmp_path):
    with pytest.raises(Unacceptable, match="There is no column 'prize' in the table"):
        mlapp.register(pipeline, prices, target="prize", store=tmp_path)


def test_columns_of_pandas_may_be_numbered(prices, tmp_path):
    frame = pd.DataFrame(prices[["age", "bmi", "progression"]].to_numpy())
    pipeline = Ridge().fit(frame[[0, 1]], frame[2])

    version = mlapp.register(pipeline, frame, target="2", model="numbered", store=tmp_path)

    assert np.allclose(version.predict(frame)["prediction"], pipeline.predict(frame[[0, 1]]), rtol=1e-12, atol=0)


def test_options_of_fits_are_rejected(pipeline, prices, tmp_path):
    with pytest.raises(Unacceptable, match="Registrations have no option 'class_weight'; the options are activate, "):
        mlapp.register(pipeline, prices, target="progression", store=tmp_path, class_weight="balanced")  # type: ignore[call-arg]
