"""The choice among kinds of prediction intervals."""

from dataclasses import replace

import numpy as np
import pytest

from mlapp.ml.evaluation.conformal import bounds
from mlapp.ml.evaluation.intervals import fit_intervals
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.preprocessing import FeatureColumns

pytestmark = pytest.mark.filterwarnings("ignore:The estimator .* does not support callbacks")

COLUMNS = FeatureColumns([0, 1], [], [])


def noisy(rows: int = 1_200, folds: int = 5):
    """Return samples whose errors depend on the second feature, and predictions that depend on the first."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, 2))
    predicted = 5 * X[:, 0]
    y = predicted + np.exp(1.5 * X[:, 1]) * random.normal(size=rows)
    every = np.arange(rows)
    splits = [(np.setdiff1d(every, test), test) for test in np.array_split(every, folds)] if folds > 1 else []
    return Samples(X, y, splits or [(every[:0], every)], None), predicted


@pytest.mark.parametrize("folds", [1, 5])
def test_scale_is_learned_where_errors_depend_on_a_feature(folds):
    samples, predicted = noisy(folds=folds)

    found = fit_intervals(samples, COLUMNS, predicted, 0.9, 0, positive=False)

    assert found.scale
    factors = found.scale.predict(np.array([[0.0, -1.5], [0, 1.5]]))
    lower, upper = bounds(found.interval, np.zeros(2), factors)
    assert (found.interval.learned, (upper - lower)[1] > 5 * (upper - lower)[0]) == (True, True)
    inside = (found.lower <= samples.y) & (samples.y <= found.upper)
    assert inside.mean() == pytest.approx(0.9, abs=0.01)


def test_scale_is_not_learned_where_errors_are_alike_or_rows_are_few():
    samples, predicted = noisy()
    alike = Samples(samples.X, predicted + np.random.default_rng(1).normal(size=1_200), samples.folds, None)

    assert fit_intervals(alike, COLUMNS, predicted, 0.9, 0, positive=False).scale is None
    few, predicted = noisy(900)
    assert fit_intervals(few, COLUMNS, predicted, 0.9, 0, positive=False).interval.learned is False


def test_gain_of_few_groups_is_no_proof():
    random, groups = np.random.default_rng(0), np.repeat(np.arange(50), 24)
    X = random.normal(size=(50, 2))
    y = 5 * X[:, 0] + np.exp(1.5 * X[:, 1]) * random.normal(size=50)
    rows, predicted = Samples(X[groups], y[groups], noisy()[0].folds, None), 5 * X[groups, 0]

    assert fit_intervals(rows, COLUMNS, predicted, 0.9, 0, positive=False).scale
    grouped = replace(rows, groups=groups)
    assert fit_intervals(grouped, COLUMNS, predicted, 0.9, 0, positive=False).scale is None


def test_bounds_of_positive_targets_are_positive():
    samples, predicted = noisy()
    prices, counts = np.exp(samples.y / 5), np.abs(samples.y.round())
    estimated = np.exp(predicted / 5)

    ratios = fit_intervals(Samples(samples.X, prices, samples.folds, None), COLUMNS, estimated, 0.9, 0, positive=True)
    cut = fit_intervals(Samples(samples.X, counts, samples.folds, None), COLUMNS, estimated, 0.9, 0, positive=True)

    assert (ratios.interval.multiplicative, ratios.interval.floor, ratios.lower.min() > 0) == (True, None, True)
    assert (cut.interval.multiplicative, cut.interval.floor, cut.lower.min()) == (False, 0, 0)


def test_intervals_above_zero_are_cut_where_ratios_are_worse():
    samples, predicted = noisy()
    # Errors do not grow with the prediction, which is close to 0 in some rows.
    y = np.maximum(10 + predicted + np.random.default_rng(1).normal(size=1_200), 0.01)
    estimated = np.maximum(10 + predicted, 0.5)

    found = fit_intervals(Samples(samples.X, y, samples.folds, None), COLUMNS, estimated, 0.9, 0, positive=True)

    assert (found.interval.multiplicative, found.interval.floor) == (False, 0)
