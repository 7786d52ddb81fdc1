"""Conformal prediction intervals."""

import numpy as np
import pytest

from mlapp.ml.evaluation.conformal import bounds, bounds_of, fit_interval
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
