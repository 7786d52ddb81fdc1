"""Temperature scaling."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mlapp.ml.evaluation.calibration import CalibratedClassifier, apply_temperature, best_temperature, calibrate
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.splits import folds
from mlapp.schemas import Task


def sampled(rows=3_000, classes=3):
    """Return classes drawn from probabilities, and the probabilities."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(classes), rows)
    return (random.uniform(size=(rows, 1)) > probabilities.cumsum(axis=1)).sum(axis=1), probabilities


def out_of_fold(y, probabilities):
    samples = Samples(np.empty((len(y), 0)), y, folds(Task.CLASSIFICATION, y, 0), probabilities.shape[1])
    return samples, probabilities[samples.test_rows]


@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_temperature_of_miscalibrated_probabilities_is_found(temperature):
    y, probabilities = sampled()

    assert best_temperature(apply_temperature(probabilities, 1 / temperature), y) == pytest.approx(
        temperature, rel=0.05
    )


def test_temperature_is_exact():
    # The class to which all rows give 0.8 is that of 900 of 1,000: the best probability is 0.9 before label smoothing.
    y, probabilities = np.arange(1_000) // 900, np.tile([0.8, 0.2], (1_000, 1))
    best = (0.9 * 1_001 + 0.5) / 1_002

    assert best_temperature(probabilities, y) == pytest.approx(np.log(4) / np.log(best / (1 - best)), rel=1e-6)


def test_certain_predictions_get_the_highest_temperature():
    y = np.arange(60) % 3

    assert best_temperature(np.eye(3)[y], y) == pytest.approx(20)


def test_overconfident_probabilities_are_softened():
    y, probabilities = sampled()
    samples, predicted = out_of_fold(y, apply_temperature(probabilities, 0.4))

    temperature, softened = calibrate(samples, predicted)

    assert temperature == pytest.approx(2.5, rel=0.05)
    assert softened == pytest.approx(probabilities[samples.test_rows], abs=0.03)


def test_temperature_of_many_probabilities_is_found_in_a_sample():
    y, probabilities = sampled(2_000, 600)

    assert best_temperature(apply_temperature(probabilities, 0.5), y) == pytest.approx(2, rel=0.1)


def test_calibrated_probabilities_are_not_scaled():
    samples, predicted = out_of_fold(*sampled())

    temperature, same = calibrate(samples, predicted)

    assert temperature is None
    assert same is predicted


def test_correct_predictions_do_not_become_certain():
    y = np.arange(60) % 2
    samples, predicted = out_of_fold(y, np.where(np.eye(2)[y] > 0, 0.9, 0.1))

    temperature, sharpened = calibrate(samples, predicted)

    assert temperature is not None
    assert 0.3 < temperature < 1
    assert sharpened.max() < 0.991


def test_single_fold_is_not_calibrated():
    y, probabilities = sampled(50)

    assert (
        calibrate(Samples(np.empty((50, 0)), y, [(np.arange(40), np.arange(40, 50))], 3), probabilities[40:])[0] is None
    )


def test_fold_is_not_scaled_when_the_others_have_only_unseen_classes():
    y = np.array([0, 0, 1, 2])
    samples = Samples(np.empty((4, 0)), y, [(np.array([0, 2]), np.array([1])), (np.array([0, 1]), np.array([2, 3]))], 3)

    assert calibrate(samples, np.full((3, 3), 1 / 3))[0] is None


def test_zero_probability_stays_zero():
    assert apply_temperature(np.array([[0.0, 0.2, 0.8]]), 3.0)[0, 0] == 0


def test_calibrated_classifier_predicts_the_same_classes_with_other_probabilities():
    X, y = np.random.default_rng(0).normal(size=(80, 2)), np.arange(80) % 3
    plain = LogisticRegression().fit(X, y)

    soft = CalibratedClassifier(plain, 3.0)

    assert (soft.predict_proba(X).argmax(axis=1) == plain.predict(X)).all()
    assert soft.classes_.tolist() == [0, 1, 2]
    assert soft.predict_proba(X).sum(axis=1) == pytest.approx(1)
    assert soft.predict_proba(X).max() < plain.predict_proba(X).max()


def test_temperature_of_weighted_rows_is_that_of_repeated_rows():
    y, probabilities = sampled(3_000)
    weights = np.where(probabilities.max(axis=1) > 0.8, 3, 1)
    repeated = np.repeat(np.arange(3_000), weights)

    found = best_temperature(probabilities, y, weights)

    assert found == pytest.approx(best_temperature(probabilities[repeated], y[repeated]), rel=1e-3)
    assert found != pytest.approx(best_temperature(probabilities, y), rel=1e-3)
