"""Scores, ratios and tables of the quality benchmarks."""

import numpy as np
import polars as pl
import pytest

scores = pytest.importorskip("benchmarks.quality.scores", reason="There is no benchmarks/quality")
tables = pytest.importorskip("benchmarks.quality.tables")
goals = pytest.importorskip("benchmarks.quality.goals")


def scored(error: float = 1.0, **other: float) -> object:
    values = dict.fromkeys(("auc", "ece", "coverage", "width", "winkler", "seconds", "bytes", "row_us"), 1.0)
    return scores.Score(error, **values | other)


def test_log_loss_is_the_mean_negative_logarithm_of_normalized_probabilities():
    probabilities = np.array([[1.0, 3.0], [2.0, 2.0]])
    assert scores.log_loss(np.array([1, 0]), probabilities) == pytest.approx(-np.log([0.75, 0.5]).mean())
    assert np.isfinite(scores.log_loss(np.array([0]), np.array([[0.0, 1.0]])))


def test_winkler_score_adds_the_distance_of_values_outside_to_the_width():
    actual, lower, upper = np.array([0.0, 5.0]), np.array([-1.0, 1.0]), np.array([1.0, 3.0])
    assert scores.winkler(actual, lower, upper, 0.9) == pytest.approx((2 + 2 + 2 / 0.1 * 2) / 2)


def test_calibration_error_of_calibrated_probabilities_is_small():
    random = np.random.default_rng(0)
    probability = random.uniform(size=20_000)
    codes = (random.uniform(size=20_000) < probability).astype(int)
    assert scores.calibration(codes, np.column_stack([1 - probability, probability])) < 0.02
    assert scores.calibration(codes, np.column_stack([1 - probability**3, probability**3])) > 0.1


def test_area_under_the_curve_is_unknown_without_a_class():
    assert scores.area_under_curve(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])) == 1
    assert np.isnan(scores.area_under_curve(np.array([0, 0]), np.array([[0.9, 0.1], [0.2, 0.8]])))


def test_ratio_interval_contains_the_geometric_mean():
    mean, low, high = scores.ratio_interval({"a": [0.5, 0.5], "b": [2.0, 2.0], "c": [1.0, 1.1]})
    assert mean == pytest.approx(1.1 ** (1 / 6))
    assert low < mean < high


def test_one_bad_split_is_not_clearly_above_the_limit():
    assert scores.clearly_above([1.3, 1.25, 1.28], 1.1)
    assert not scores.clearly_above([2.0, 1.0, 1.0], 1.1)
    assert not scores.clearly_above([2.0], 1.1)


def test_score_of_classes_follows_their_labels(tmp_path):
    predicted, labels = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array(["yes", "no"])
    np.savez(tmp_path / "one.npz", predicted=predicted, classes=labels, seconds=1, bytes=10, row_us=5)
    found = scores.score(tmp_path / "one.npz", np.array(["yes", "no"]), is_classification=True)
    assert found.error == pytest.approx(-np.log([0.9, 0.8]).mean())
    assert np.isnan(found.coverage)


def test_groups_are_never_on_both_sides_of_a_split(tmp_path):
    frame = pl.read_csv(tables.csv_of(tables.GROUPED, tmp_path), infer_schema=False)
    training, test = tables.split(tables.GROUPED, frame, 0)
    assert len(training) + len(test) == frame.height == tables.GROUPED.rows
    assert not set(frame["place"][training]) & set(frame["place"][test])


def test_a_table_clearly_above_the_best_other_misses_the_goal(capsys):
    table = tables.TABLES[1]
    results = {
        (table.name, "auto"): {seed: scored(1.2 + seed / 100) for seed in range(3)},
        (table.name, "CatBoost"): {seed: scored() for seed in range(3)},
        (table.name, "HGB"): {seed: scored(2.0) for seed in range(3)},
    }
    assert not goals.judge([table], results)
    assert f"MISSED  tables of 1 clearly worse than 1.1 × the best other ({table.name} 1.21)" in capsys.readouterr().out
