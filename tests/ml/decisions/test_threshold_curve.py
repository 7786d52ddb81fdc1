"""Thresholds from costs, limits and by hand, on held-out rows."""

import numpy as np
import pytest

from mlapp.ml.decisions.outcomes import outcome_at, outcomes
from mlapp.ml.decisions.rules import find_threshold
from mlapp.ml.decisions.threshold_curve import threshold_curve
from mlapp.schemas import Decision, ThresholdCurve
from tests.store.conftest import NOW, RECORD

PROBABILITY = np.array([0.9, 0.8, 0.8, 0.6, 0.4, 0.3, 0.3, 0.1])
IS_POSITIVE = np.array([1, 1, 0, 1, 0, 1, 0, 0], dtype=bool)


@pytest.fixture(scope="module")
def curve() -> ThresholdCurve:
    return threshold_curve(IS_POSITIVE, PROBABILITY, None)


@pytest.fixture(scope="module")
def large() -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities of 20,000 rows, and whether each is of the class of interest."""
    random = np.random.default_rng(0)
    probability = random.beta(0.5, 5, 20_000)
    return probability, random.uniform(size=20_000) < probability


def threshold_of(curve: ThresholdCurve, **decision: object) -> float | None:
    record = RECORD.model_copy(update={"classes": ["no", "yes"], "positive": "yes", "threshold_curve": curve})
    return find_threshold(record, Decision(by="ann", at=NOW, **decision))


def test_curve_counts_the_rows_from_each_threshold_on(curve):
    counted = [((each <= PROBABILITY)[kind]).sum() for each in curve.thresholds for kind in (IS_POSITIVE, ~IS_POSITIVE)]

    assert [*zip(curve.true_positives, curve.false_positives, strict=True)] == [
        *zip(counted[::2], counted[1::2], strict=True)
    ]
    assert curve.thresholds == [0.0, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95]
    assert (curve.positives, curve.negatives) == (4, 4)


def test_rows_count_by_their_weights():
    weights = np.array([2.0, 1, 1, 1, 0.5, 1, 1, 0.5])

    found = outcome_at(threshold_curve(IS_POSITIVE, PROBABILITY, weights), 0.5)

    assert (found.true_positives, found.false_positives) == (4.0, 1.0)
    assert (found.false_negatives, found.true_negatives, found.rows) == (1.0, 2.0, 8.0)


def test_certain_rows_leave_a_threshold_above_all():
    curve = threshold_curve(np.array([True, False]), np.array([1.0, 0.0]), None)

    assert curve.true_positives[-1] == curve.false_positives[-1] == 0
    assert curve.thresholds[-1] > 1


def test_thresholds_lie_between_probabilities_that_hardly_differ():
    upper = np.nextafter(0.3, 1)

    curve = threshold_curve(np.array([True, False]), np.array([upper, 0.3]), None)

    assert upper in curve.thresholds


def test_long_curves_are_thinned_and_fine_at_both_ends(large):
    probability, is_positive = large

    curve = threshold_curve(is_positive, probability, None)

    predicted = np.add(curve.true_positives, curve.false_positives)
    assert len(curve.thresholds) <= 200
    assert {0, 1, 2, 20_000, 19_999} <= {*predicted.astype(int)}
    assert 0.5 in curve.thresholds
    assert [*predicted] == [(probability >= each).sum() for each in curve.thresholds]


@pytest.mark.parametrize("missed", [1, 3, 10, 50])
def test_costs_give_about_the_threshold_of_equal_expected_costs(large, missed: int):
    probability, is_positive = large
    curve = threshold_curve(is_positive, probability, None)

    found = threshold_of(curve, costs={"false_negative": missed, "false_positive": 1})

    assert found == pytest.approx(1 / (1 + missed), abs=0.1)
    costs = [each.cost([[0, 1], [missed, 0]]) for each in outcomes(curve)]
    assert outcome_at(curve, found or 0).cost([[0, 1], [missed, 0]]) == min(costs)


def test_costs_by_class_are_those_by_kind_of_error(curve):
    by_kind = threshold_of(curve, costs={"false_negative": 5, "false_positive": 1})

    assert threshold_of(curve, costs={"yes": {"no": 5}, "gone": {"yes": 9}}) == by_kind == 0.2
    assert threshold_of(curve, costs={"yes": {"no": 0, "yes": 2}}) == 0.95


@pytest.mark.parametrize(("limit", "predicted"), [(1000, 8), (500, 4), (499, 3), (100, 0)])
def test_limit_is_kept_on_held_out_rows(curve, limit: float, predicted: int):
    found = threshold_of(curve, limit=limit)

    assert (found <= PROBABILITY).sum() == predicted


def test_threshold_by_hand_is_itself(curve):
    assert threshold_of(curve, threshold=0.123) == 0.123
    assert find_threshold(RECORD, Decision(threshold=0.123, by="", at=NOW)) is None


def test_outcome_has_precision_recall_and_share(curve):
    found = outcome_at(curve, 0.65)

    assert (found.threshold, found.share_positive, found.recall) == (0.7, 3 / 8, 2 / 4)
    assert found.precision == pytest.approx(2 / 3)
    assert outcome_at(curve, 0.99).precision is None
    assert outcome_at(threshold_curve(np.zeros(2, dtype=bool), np.array([0.2, 0.1]), None), 0.5).recall is None
