"""Conformal prediction intervals."""

import numpy as np
import pytest

from mlapp.ml.evaluation.conformal import bounds, bounds_of, fit_interval, winkler_scores
from mlapp.schemas import Interval


def covered(y, predicted, interval):
    lower, upper = bounds(interval, predicted)
    return np.mean((lower <= y) & (y <= upper))


@pytest.mark.parametrize(("coverage", "high"), [(0.5, 8), (0.8, 9), (0.99, 9)])
def test_bounds_are_the_errors_of_their_rank(coverage, high):
    interval = fit_interval(np.arange(1.0, 10), np.zeros(9), coverage)

    lower, upper = bounds(interval, np.zeros(1))

    assert (lower[0], upper[0]) == pytest.approx((0, high))


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_intervals_cover_the_nominal_share_of_new_values(coverage):
    predicted, noise, new = np.random.default_rng(0).normal(size=(3, 5_000))
    spread = np.where(predicted > 0, 9, 1)

    interval = fit_interval(predicted + spread * noise, predicted, coverage)

    assert covered(predicted + spread * new, predicted, interval) == pytest.approx(coverage, abs=0.02)


def test_intervals_are_wide_where_errors_are_large():
    predicted, noise = np.random.default_rng(0).normal(size=(2, 2_000))

    interval = fit_interval(predicted + np.where(predicted > 0, 9, 1) * noise, predicted, 0.9)

    lower, upper = bounds(interval, np.array([-1.5, 1.5]))
    assert (upper - lower)[1] == pytest.approx(9 * (upper - lower)[0], rel=0.25)
    assert len(interval.centres) == 10


def test_intervals_are_asymmetric_when_errors_are():
    predicted, noise = np.zeros(500), np.random.default_rng(0).exponential(size=500) - 0.7

    interval = fit_interval(predicted + noise, predicted, 0.9)

    assert interval.high > 2 * -interval.low > 0


def test_small_tables_have_constant_width_intervals():
    interval = fit_interval(np.arange(99.0), np.arange(99.0)[::-1], 0.9)

    assert len(interval.centres) == len(interval.scales) == 1


def test_interval_contains_the_prediction_when_all_errors_have_one_sign():
    interval = fit_interval(np.full(200, 5.0), np.linspace(0, 1, 200), 0.8)

    lower, upper = bounds(interval, np.array([-9, 0.5, 9]))

    assert (lower.tolist(), interval.low) == ([-9, 0.5, 9], 0)
    assert (upper > lower).all()


def test_perfect_model_has_intervals_of_zero_width():
    lower, upper = bounds(fit_interval(np.ones(300), np.ones(300), 0.9), np.ones(1))

    assert lower == upper == 1


def test_scale_has_a_lower_bound():
    y = np.concatenate([np.zeros(150), np.random.default_rng(0).normal(1, 9, size=150)])

    interval = fit_interval(y, np.repeat([0.0, 1.0], 150), 0.9)

    assert min(interval.scales) == pytest.approx(0.05 * np.abs(y - np.repeat([0.0, 1.0], 150)).mean())
    assert interval.centres == sorted(set(interval.centres))


def test_bounds_follow_the_scale():
    interval = Interval(low=-1, high=2, centres=[0, 10], scales=[1, 3])

    lower, upper = bounds(interval, np.array([-5.0, 5, 50]))

    assert (lower.tolist(), upper.tolist()) == ([-6, 3, 47], [-3, 9, 56])


@pytest.mark.parametrize("rows", [5, 400])
def test_bounds_of_a_single_value_equal_those_of_an_array(rows: int):
    random = np.random.default_rng(0)
    predicted = random.normal(size=rows)
    interval = fit_interval(predicted + random.normal(size=rows) * np.abs(predicted), predicted, 0.9)
    values = np.array([-9, *interval.centres, *predicted[:50], 9])

    lower, upper = bounds(interval, values)

    assert [bounds_of(interval, value) for value in values.tolist()] == list(
        zip(lower.tolist(), upper.tolist(), strict=True)
    )


@pytest.mark.parametrize("rows", [50, 400])
def test_weighted_rows_count_as_repeated_rows(rows):
    random = np.random.default_rng(0)
    predicted, noise = random.normal(size=(2, rows))
    y, weights = predicted + noise, random.integers(1, 4, rows)
    repeated = np.repeat(np.arange(rows), weights)
    scale = np.ones(rows)

    weighted = fit_interval(y, predicted, 0.9, weights, scale=scale)
    expected = fit_interval(y[repeated], predicted[repeated], 0.9, scale=scale[repeated])

    assert (weighted.low, weighted.high) == (expected.low, expected.high)
    assert fit_interval(y, predicted, 0.9, np.ones(rows)) == fit_interval(y, predicted, 0.9)


def test_scale_of_weighted_rows_is_a_weighted_mean():
    interval = fit_interval(np.array([1.0, -3, 1]), np.zeros(3), 0.9, np.array([0.5, 2, 0.5]))

    assert interval.scales == [pytest.approx((0.5 + 6 + 0.5) / 3)]


def test_intervals_of_positive_values_are_multiplicative():
    random = np.random.default_rng(0)
    predicted = np.exp(random.normal(size=2_000))
    y, new = (predicted * np.exp(0.5 * random.normal(size=2_000)) for _ in range(2))

    interval = fit_interval(y, predicted, 0.9, multiplicative=True)

    lower, upper = bounds(interval, predicted)
    assert (lower > 0).all()
    assert np.mean((lower <= new) & (new <= upper)) == pytest.approx(0.9, abs=0.02)
    alone = [bounds_of(interval, value, 1.5) for value in predicted[:50].tolist()]
    expected = bounds(interval, predicted[:50], np.full(50, 1.5))
    assert np.array(alone) == pytest.approx(np.column_stack(expected), rel=1e-13)


def test_bounds_beyond_all_floats_are_finite():
    interval = Interval(low=-1, high=1, centres=[1], scales=[1e3], multiplicative=True)

    assert bounds_of(interval, 1.0) == tuple(end[0] for end in bounds(interval, np.ones(1)))
    assert 0 <= bounds_of(interval, 1.0)[0] < bounds_of(interval, 1.0)[1] < np.inf


def test_floor_is_the_lowest_bound():
    interval = Interval(low=-1, high=2, centres=[0], scales=[3], floor=0)

    lower, upper = bounds(interval, np.array([1.0, 5]))

    assert (lower.tolist(), upper.tolist()) == ([0, 2], [7, 11])
    assert [bounds_of(interval, value) for value in (1.0, 5.0)] == [(0, 7), (2, 11)]


def test_interval_score_adds_the_distance_outside():
    scores = winkler_scores(np.array([0.0, 3, -2]), np.array([-1.0] * 3), np.array([1.0] * 3), 0.9)

    assert scores.tolist() == pytest.approx([2, 42, 22])
