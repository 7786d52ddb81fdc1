"""Balanced classes."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mlapp.ml.inference.compiled.pipeline import compile_pipeline
from mlapp.ml.recipes.balanced import BalancedClassifier
from mlapp.ml.training.final_fit import parameters


def rare(rows=4_000):
    """Return a feature, and a class that 5 % of the rows have."""
    random = np.random.default_rng(0)
    y = (random.uniform(size=rows) < 0.05).astype(int)
    return random.normal(size=(rows, 1)) + 2 * y[:, None], y


def test_classes_count_alike_and_probabilities_are_at_the_natural_rates():
    X, y = rare()
    balanced, plain = BalancedClassifier(LogisticRegression()).fit(X, y), LogisticRegression().fit(X, y)

    assert balanced.weighted.predict_proba(X)[:, 1].mean() > 0.2
    assert balanced.predict_proba(X) == pytest.approx(plain.predict_proba(X), abs=0.05)
    assert balanced.predict_proba(X).sum(axis=1) == pytest.approx(1)
    assert (balanced.classes_.tolist(), parameters(balanced)["C"]) == ([0, 1], 1.0)


def test_weights_of_rows_count_as_repeated_rows():
    X, y = rare(400)
    weights = np.random.default_rng(1).integers(1, 4, 400)
    options = {"tol": 1e-10, "max_iter": 10_000, "C": 1e6}

    weighted = BalancedClassifier(LogisticRegression(**options)).fit(X, y, sample_weight=weights)
    repeated = BalancedClassifier(LogisticRegression(**options)).fit(np.repeat(X, weights, 0), np.repeat(y, weights))

    assert weighted.rates_ == pytest.approx(repeated.rates_)
    assert weighted.predict_proba(X) == pytest.approx(repeated.predict_proba(X), abs=1e-4)


def test_prior_of_balanced_classes_is_the_natural_one():
    _, y = rare()

    probabilities = BalancedClassifier(DummyClassifier(strategy="prior")).fit(y[:, None], y).predict_proba(y[:1, None])

    assert probabilities[0] == pytest.approx(np.bincount(y) / len(y))


def test_compiled_balanced_classifier_predicts_the_same():
    X, y = rare(500)
    estimator = BalancedClassifier(LogisticRegression()).fit(X, y)

    compiled = compile_pipeline(estimator, 2, X[:20])

    assert compiled.one
    assert compiled.one(X[3].tolist()) == pytest.approx(estimator.predict_proba(X[3:4])[0], rel=1e-12)
    assert compiled.many(X) == pytest.approx(estimator.predict_proba(X), rel=1e-12)
