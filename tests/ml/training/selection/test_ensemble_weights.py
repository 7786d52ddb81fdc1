"""Weights of ensembles."""

import numpy as np
import pytest

from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.training.selection.ensemble_weights import Pool, cross_fitted, equal_weights, greedy_weights
from mlapp.schemas import Metric

ROWS = 200
random = np.random.default_rng(0)
Y = random.normal(size=ROWS)
NOISE = random.normal(size=(4, ROWS))


def samples(y=Y, folds: int = 5, **options) -> Samples:
    parts = [(np.array([0]), test) for test in np.array_split(np.arange(len(y)), folds)]
    return Samples(np.zeros((len(y), 1)), y, parts, **({"classes": None} | options))


def pool(*predicted, metric: Metric = Metric.RMSE, latency=None, of: Samples | None = None) -> Pool:
    return Pool.of(of or samples(), list(predicted), metric, latency or [1.0] * len(predicted))


def test_estimators_that_err_alike_get_equal_weights_and_worse_ones_none():
    weights = equal_weights(pool(Y + NOISE[0], Y + NOISE[1], Y + 2 * NOISE[2]))

    assert weights.tolist() == [0.5, 0.5, 0]


def test_estimator_that_is_significantly_better_gets_all_weight():
    assert equal_weights(pool(Y + NOISE[0], Y + 0.1 * NOISE[1])).tolist() == [0, 1]


def test_outlier_does_not_hide_that_an_estimator_is_worse():
    # The squared error of a single row makes both differ by less than two standard errors.
    outlier = np.where(np.arange(ROWS) == 0, 30.0, 0)

    assert equal_weights(pool(Y + 0.5 * NOISE[0] + outlier, Y + NOISE[1] + outlier * 0.99)).tolist() == [1, 0]


def test_estimator_with_a_few_large_errors_gets_no_weight():
    errors = NOISE[0].copy()
    errors[:4] += 15

    assert equal_weights(pool(Y + NOISE[0], Y + errors)).tolist() == [1, 0]


def test_slow_estimator_is_left_out_of_equal_weights_unless_it_is_the_best_alone():
    alike, better = pool(Y + NOISE[0], Y + NOISE[1], latency=[60.0, 1.0]), pool(Y, Y + NOISE[1], latency=[60.0, 1.0])

    assert equal_weights(alike).tolist() == [0, 1]
    assert equal_weights(better).tolist() == [1, 0]


def test_greedy_weights_follow_the_errors():
    weights = greedy_weights(pool(Y + NOISE[0], Y + 2 * NOISE[1]))

    # The best ones are inverse to the variances: 0.8 and 0.2.
    assert weights == pytest.approx([0.8, 0.2], abs=0.1)


def test_member_that_saves_less_than_its_latency_requires_is_dropped():
    predicted = (Y + NOISE[0], Y + 3 * NOISE[1])

    assert np.count_nonzero(greedy_weights(pool(*predicted))) == 2
    assert greedy_weights(pool(*predicted, latency=[1.0, 400.0])).tolist() == [1, 0]


def test_weighted_rows_count_as_often_as_their_weights_say():
    half = np.repeat([1.0, 0], ROWS // 2)
    first, second = Y + (1 - half) * NOISE[0], Y + half * NOISE[1]

    weighted = pool(first, second, of=samples(weights=2 * half))

    assert greedy_weights(weighted).tolist() == equal_weights(weighted).tolist() == [1, 0]


def test_rows_of_one_group_are_one_difference():
    group = np.arange(ROWS) // 50
    better, worse = Y + 1.0, Y + np.where(group == 0, 1.1, 1.0)

    assert equal_weights(pool(better, worse)).tolist() == [1, 0]
    assert equal_weights(pool(better, worse, of=samples(groups=group))).tolist() == [0.5, 0.5]


def test_probabilities_of_the_actual_class_decide():
    y = np.arange(ROWS) % 2
    right = np.where(y == 1, 0.8, 0.2)
    of = samples(y, classes=2)

    found = pool(np.column_stack([1 - right, right]), np.full((ROWS, 2), 0.5), metric=Metric.LOG_LOSS, of=of)

    assert equal_weights(found).tolist() == greedy_weights(found).tolist() == [1, 0]


def test_certain_probabilities_of_few_rows_are_not_trusted():
    y = np.zeros(40, dtype=int)
    certain, sure = (np.tile([p, 1 - p], (40, 1)) for p in (1 - 1e-6, 0.95))

    found = pool(certain, sure, metric=Metric.LOG_LOSS, of=samples(y, classes=2))

    assert greedy_weights(found)[1] > 0


@pytest.mark.parametrize("folds", [1, 5])
def test_weights_of_a_row_are_chosen_on_other_rows(folds):
    # The first estimator is right on the first fifth only.
    first = np.arange(ROWS) < ROWS // 5
    found = pool(np.where(first, Y, Y + 9), Y + 5 * NOISE[0])

    weights = cross_fitted(greedy_weights, found, samples(folds=folds))

    assert weights.shape == (ROWS, 2)
    assert weights[first, 0].max() < weights[~first, 0].min()
    assert np.unique(weights[first, 0]).size == 1
