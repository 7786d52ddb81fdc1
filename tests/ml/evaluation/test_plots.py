"""Evaluation plots."""

import numpy as np
import pytest

from mlapp.ml.evaluation.conformal import bounds, fit_interval
from mlapp.ml.evaluation.plots import classification_plots, regression_plots
from mlapp.schemas import Plots

SIZE = 40_000
"""Bytes; the record should stay well under 100 kB."""


def plots_of_regression(y, predicted):
    return regression_plots(y, predicted, *bounds(fit_interval(y, predicted, 0.9), predicted), 0)


def plots_of_classes(y, predicted, names):
    return classification_plots(y, predicted, names)


def probabilities_of(predicted, classes, confidence=0.8):
    probabilities = np.full((len(predicted), classes), (1 - confidence) / max(1, classes - 1))
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return probabilities


def test_regression_plot_samples_rows_with_their_intervals():
    predicted, noise = np.random.default_rng(0).normal(size=(2, 5_000))

    plots = plots_of_regression(predicted + noise, predicted)

    sample = plots.predicted_actual
    inside = [low <= y <= high for low, y, high in zip(sample.lower, sample.actual, sample.upper, strict=True)]
    assert (len(sample.predicted), np.mean(inside)) == (300, pytest.approx(0.9, abs=0.05))
    assert (plots.confusion, plots == plots_of_regression(predicted + noise, predicted)) == (None, True)


def test_outermost_residual_bins_include_outliers():
    y = np.append(np.random.default_rng(0).normal(size=999), 1e9)

    histogram = plots_of_regression(y, np.zeros(1_000)).residuals

    assert (len(histogram.edges), sum(histogram.counts)) == (31, 1_000)
    assert -4 < histogram.edges[0] < -2 < 2 < histogram.edges[-1] < 4


@pytest.mark.parametrize("error", [0, 5, -1e-9])
def test_constant_residuals_have_a_histogram(error):
    histogram = plots_of_regression(np.full(20, 7.0 + error), np.full(20, 7.0)).residuals

    assert histogram.edges[0] < error < histogram.edges[-1]
    assert max(histogram.counts) == 20


def test_confusion_matrix_counts_by_actual_and_predicted_class():
    y, predicted = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 1, 1, 0, 2])

    plots = plots_of_classes(y, probabilities_of(predicted, 3), ["a", "b", "c"])

    assert plots.confusion.counts == [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
    assert (plots.confusion.classes, plots.confusion.others) == (["a", "b", "c"], 0)
    scores = plots.classes[1]
    assert (scores.name, scores.rows) == ("b", 3)
    assert (scores.precision, scores.recall, scores.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3), abs=1e-6)


def test_binary_curves_are_of_the_second_class():
    random = np.random.default_rng(0)
    second = random.uniform(size=4_000)
    y = (random.uniform(size=4_000) < second).astype(int)

    plots = plots_of_classes(y, np.column_stack([1 - second, second]), ["no", "yes"])

    (curve,), calibration = plots.roc, plots.calibration
    assert (curve.name, calibration.of, len(calibration.rows), sum(calibration.rows)) == ("yes", "yes", 10, 4_000)
    assert len(curve.false_positive_rate) == len(curve.true_positive_rate) == 100
    assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(curve.area, abs=0.01)
    assert calibration.predicted == pytest.approx(calibration.observed, abs=0.08)


def test_multiclass_curves_are_one_versus_rest():
    y = np.arange(300) % 3

    plots = plots_of_classes(y, probabilities_of(y, 3), ["a", "b", "c"])

    assert [(curve.name, curve.area) for curve in plots.roc] == [("a", 1), ("b", 1), ("c", 1)]
    assert (plots.calibration.of, plots.calibration.observed, plots.calibration.rows) == (None, [1], [300])


def test_class_without_rows_has_no_curve():
    plots = plots_of_classes(np.zeros(9, int), probabilities_of(np.zeros(9, int), 3), ["a", "b", "c"])

    assert (plots.roc, [score.rows for score in plots.classes]) == ([], [9, 0, 0])


def test_plots_show_the_most_frequent_of_many_classes():
    random = np.random.default_rng(0)
    y = np.minimum(random.geometric(0.01, 5_000) - 1, 999)

    plots = plots_of_classes(y, random.dirichlet(np.ones(1_000), 5_000), [f"class {i}" for i in range(1_000)])

    assert (len(plots.confusion.classes), len(plots.classes), len(plots.roc)) == (30, 30, 10)
    assert np.sum(plots.confusion.counts) + plots.confusion.others == 5_000
    assert len(plots.model_dump_json(indent=1)) < SIZE


def test_confusion_matrix_is_empty_if_all_predictions_are_unlisted_classes():
    y = np.arange(62) % 31
    plots = plots_of_classes(y, probabilities_of(np.full(62, 31), 32), [str(index) for index in range(32)])

    assert (np.sum(plots.confusion.counts), plots.confusion.others) == (0, 62)


def test_json_omits_plots_that_do_not_apply():
    plots = plots_of_regression(np.arange(20.0), np.arange(20.0))

    assert set(plots.model_dump()) == {"predicted_actual", "residuals"}
    assert Plots.model_validate_json(plots.model_dump_json()) == plots
    assert Plots().model_dump() == {}


def test_curves_of_weighted_rows_are_those_of_repeated_rows():
    random = np.random.default_rng(0)
    y, weights = np.arange(80) % 2, random.integers(1, 4, 80)
    predicted = probabilities_of(np.where(random.uniform(size=80) < 0.8, y, 1 - y), 2, 0.7)
    repeated = np.repeat(np.arange(80), weights)

    plots = classification_plots(y, predicted, ["a", "b"], weights)
    expected = classification_plots(y[repeated], predicted[repeated], ["a", "b"])

    assert plots.roc
    assert plots.classes
    assert plots.calibration
    assert expected.roc
    assert expected.classes
    assert expected.calibration
    assert plots.roc[0].area == pytest.approx(expected.roc[0].area)
    assert [score.f1 for score in plots.classes] == [score.f1 for score in expected.classes]
    assert plots.calibration.observed == pytest.approx(expected.calibration.observed)
    assert sum(score.rows for score in plots.classes) == 80
