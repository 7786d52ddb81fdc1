"""Probabilities that come true as often as they say."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from mlapp.ml.evaluation.calibration import Calibrated, best_temperature, calibrate, tempered
from mlapp.ml.evaluation.out_of_fold import Rows
from mlapp.ml.evaluation.splits import folds
from mlapp.schemas import Task


def answers(rows=3_000, classes=3):
    """Return classes drawn from probabilities, and the probabilities."""
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(classes), rows)
    return (random.uniform(size=(rows, 1)) > shares.cumsum(axis=1)).sum(axis=1), shares


def judged(y, shares):
    rows = Rows(np.empty((len(y), 0)), y, folds(Task.CLASSIFICATION, y, 0), shares.shape[1])
    return rows, shares[rows.judging]


@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_temperature_of_false_confidence_is_found(temperature):
    y, shares = answers()

    assert best_temperature(tempered(shares, 1 / temperature), y) == pytest.approx(temperature, rel=0.05)


def test_temperature_is_exact():
    # 900 of 1,000 equal rows are of the class that each gives 0.8: the best probability is 0.9, but for the prior.
    y, shares = np.arange(1_000) // 900, np.tile([0.8, 0.2], (1_000, 1))
    best = (0.9 * 1_001 + 0.5) / 1_002

    assert best_temperature(shares, y) == pytest.approx(np.log(4) / np.log(best / (1 - best)), rel=1e-6)


def test_certain_answers_stay_certain_at_the_highest_temperature():
    y = np.arange(60) % 3

    assert best_temperature(np.eye(3)[y], y) == pytest.approx(20)


def test_overconfident_probabilities_are_softened():
    y, shares = answers()
    rows, predicted = judged(y, tempered(shares, 0.4))

    temperature, softened = calibrate(rows, predicted)

    assert temperature == pytest.approx(2.5, rel=0.05)
    assert softened == pytest.approx(shares[rows.judging], abs=0.03)


def test_temperature_of_many_probabilities_is_that_of_a_part():
    y, shares = answers(2_000, 600)

    assert best_temperature(tempered(shares, 0.5), y) == pytest.approx(2, rel=0.1)


def test_good_probabilities_are_left_alone():
    rows, predicted = judged(*answers())

    temperature, same = calibrate(rows, predicted)

    assert temperature is None
    assert same is predicted


def test_perfect_answers_are_not_made_certain():
    y = np.arange(60) % 2
    rows, predicted = judged(y, np.where(np.eye(2)[y] > 0, 0.9, 0.1))

    temperature, sharpened = calibrate(rows, predicted)

    assert temperature is not None
    assert 0.3 < temperature < 1
    assert sharpened.max() < 0.991


def test_one_fold_is_too_few_to_calibrate():
    y, shares = answers(50)

    assert calibrate(Rows(np.empty((50, 0)), y, [(np.arange(40), np.arange(40, 50))], 3), shares[40:])[0] is None


def test_fold_is_left_alone_when_the_others_have_nothing_to_say():
    y = np.array([0, 0, 1, 2])
    rows = Rows(np.empty((4, 0)), y, [(np.array([0, 2]), np.array([1])), (np.array([0, 1]), np.array([2, 3]))], 3)

    assert calibrate(rows, np.full((3, 3), 1 / 3))[0] is None


def test_impossible_classes_stay_impossible():
    assert tempered(np.array([[0.0, 0.2, 0.8]]), 3.0)[0, 0] == 0


def test_calibrated_classifier_answers_as_the_classifier_with_other_confidence():
    X, y = np.random.default_rng(0).normal(size=(80, 2)), np.arange(80) % 3
    plain = LogisticRegression().fit(X, y)

    soft = clone(Calibrated(LogisticRegression(), 3.0)).fit(X, y)

    assert (soft.predict(X) == plain.predict(X)).all()
    assert soft.classes_.tolist() == [0, 1, 2]
    assert soft.predict_proba(X).sum(axis=1) == pytest.approx(1)
    assert soft.predict_proba(X).max() < plain.predict_proba(X).max()
