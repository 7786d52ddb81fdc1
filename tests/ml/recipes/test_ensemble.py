"""Ensembles: weighted means of their members."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.recipes.ensemble import Ensemble

X = np.arange(8.0)[:, None]


def test_values_are_the_weighted_mean_of_the_members():
    members = [("linear", make_pipeline(StandardScaler(), LinearRegression())), ("mean", DummyRegressor())]

    ensemble = Ensemble(members, [0.75, 0.25]).fit(X, 2 * X[:, 0])

    assert ensemble.predict(X[:2]) == pytest.approx([0.25 * 7, 0.75 * 2 + 0.25 * 7])


def test_row_weights_reach_the_last_step_of_each_member():
    weights = np.array([1.0] + [0] * 7)
    members = [("linear", make_pipeline(StandardScaler(), DummyRegressor())), ("mean", DummyRegressor())]

    assert Ensemble(members, [0.5, 0.5]).fit(X, X[:, 0], sample_weight=weights).predict(X[-1:]) == [0]


def test_classes_that_a_member_does_not_know_have_probability_0_there():
    first = DummyClassifier(strategy="prior").fit(X, [0, 0, 0, 0, 3, 3, 3, 3])
    second = DummyClassifier(strategy="prior").fit(X, [0, 0, 0, 0, 1, 1, 1, 1])

    ensemble = Ensemble([("first", first), ("second", second)], [0.75, 0.25])

    assert ensemble.classes_.tolist() == [0, 1, 3]
    assert ensemble.predict_proba(X[:1]).tolist() == [[0.5, 0.125, 0.375]]


def test_clone_is_not_fitted():
    ensemble = Ensemble([("mean", DummyRegressor())], [1.0]).fit(X, X[:, 0])

    assert not hasattr(clone(ensemble).members[0][1], "constant_")
