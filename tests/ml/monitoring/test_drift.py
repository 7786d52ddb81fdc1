"""Drift detection: the population stability index of two distributions."""

from math import log

import pytest

from mlapp.ml.monitoring.drift import measure_drift, psi
from mlapp.schemas import Distribution, DriftLevel


def numbers(*counts: int, missing: int = 0) -> Distribution:
    return Distribution(edges=list(range(len(counts) + 1)), counts=list(counts), missing=missing)


def texts(*counts: int, others: int = 0, missing: int = 0) -> Distribution:
    names = [f"{index}" for index in range(len(counts))]
    return Distribution(categories=names, counts=list(counts), others=others, missing=missing)


def test_index_follows_the_formula():
    even, skewed = numbers(5_000_000, 5_000_000), numbers(2_000_000, 8_000_000)

    assert psi(even, skewed) == pytest.approx((0.2 - 0.5) * log(0.2 / 0.5) + (0.8 - 0.5) * log(0.8 / 0.5), rel=1e-5)


@pytest.mark.parametrize(
    ("production", "level"),
    [
        ((110, 90), DriftLevel.STABLE),
        ((140, 60), DriftLevel.SOME),
        ((190, 10), DriftLevel.STRONG),
        ((100, 99), DriftLevel.TOO_FEW),
    ],
)
def test_levels_follow_the_usual_thresholds(production: tuple[int, int], level: DriftLevel):
    index, found = measure_drift(numbers(500, 500), numbers(*production))

    assert (found, index is None) == (level, level is DriftLevel.TOO_FEW)


def test_small_bins_are_merged_with_adjacent_ones():
    training = numbers(1, 48, 1, 48, 1, 1)

    assert psi(training, numbers(49, 0, 0, 0, 0, 51)) == psi(numbers(49, 51), numbers(49, 51)) == 0
    assert psi(numbers(0, 0), numbers(5, 7)) == 0


def test_rare_categories_are_merged_with_the_others():
    training = texts(90, 4, 1, others=5)

    assert psi(training, texts(90, 0, 0, others=10)) == psi(training, texts(90, 10, 0)) == 0
    assert psi(training, texts(10, 90, 0)) > 1


def test_missing_values_have_a_bin_of_their_own():
    assert psi(numbers(500, 500), numbers(250, 250, missing=500)) > 0.25
    assert psi(texts(900, missing=100), texts(90, missing=10)) == pytest.approx(0, abs=1e-3)


def test_empty_bins_give_a_finite_index():
    assert 1 < psi(numbers(1_000, 1_000), numbers(2_000, 0)) < 20
    assert 1 < psi(texts(1_000), texts(0, others=1_000)) < 40
