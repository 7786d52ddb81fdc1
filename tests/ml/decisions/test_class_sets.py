"""Conformal sets of classes."""

import numpy as np
import pytest

from mlapp.ml.decisions.class_sets import fit_class_sets, ranked, sets_of


def made(rows: int, shares: list[float], sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes with given shares, and calibrated probabilities."""
    random = np.random.default_rng(seed)
    scores = np.log(shares) + sharpness * random.normal(size=(rows, len(shares)))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    cumulated = probabilities.cumsum(axis=1)
    return (random.uniform(size=(rows, 1)) > cumulated).sum(axis=1).clip(0, len(shares) - 1), probabilities


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_cover_every_class_as_often_as_asked(coverage: float):
    y, probabilities = made(4_000, [0.7, 0.2, 0.1], 1.0)
    new_y, new = made(20_000, [0.7, 0.2, 0.1], 1.0, seed=1)

    found = sets_of(fit_class_sets(y, probabilities, coverage), new)

    assert found[np.arange(len(new)), new_y].mean() == pytest.approx(coverage, abs=0.02)


def test_sets_are_single_classes_where_the_most_probable_one_is_right_often_enough():
    y, probabilities = made(2_000, [0.5, 0.5], 8.0)

    found = sets_of(fit_class_sets(y, probabilities, 0.8), probabilities)

    assert found.sum(axis=1).tolist() == [1] * len(y)


def test_too_few_rows_leave_out_no_class():
    y, probabilities = made(8, [0.4, 0.3, 0.3], 1.0)

    assert fit_class_sets(y, probabilities, 0.9).least == 0


def test_rows_count_by_their_weights():
    y, probabilities = made(1_000, [0.5, 0.5], 1.0)
    twice = np.concatenate([np.arange(1_000), np.arange(500)])
    weights = np.where(np.arange(1_000) < 500, 2.0, 1.0)

    weighted, repeated = (
        fit_class_sets(y, probabilities, 0.9, weights),
        fit_class_sets(y[twice], probabilities[twice], 0.9),
    )

    assert weighted.least == pytest.approx(repeated.least)


def test_classes_of_a_set_are_ranked_by_probability():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])

    assert ranked(np.array([[True, True, False], [False, False, True]]), probabilities) == [[1, 0], [2]]
