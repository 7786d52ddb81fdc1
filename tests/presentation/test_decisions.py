"""Sentences and figures of decisions."""

import numpy as np
import pytest

from mlapp.ml.decisions.threshold_curve import threshold_curve
from mlapp.presentation.decisions.sentences import answer_note, decision_sentence
from mlapp.presentation.decisions.thresholds import Thresholds, threshold_text
from mlapp.schemas import Decision, ModelPatch, PredictResponse, VersionInfo
from tests.store.conftest import INFO, NOW

PROBABILITY = np.array([0.9, 0.8, 0.8, 0.6, 0.4, 0.3, 0.3, 0.1])
CURVE = threshold_curve(np.array([1, 1, 0, 1, 0, 1, 0, 0], dtype=bool), PROBABILITY, None)
COSTS = {"false_negative": 5.0, "false_positive": 1.0}


def info(at: float | None = None, **decision: object) -> VersionInfo:
    chosen = Decision(by="ann", at=NOW, **decision) if decision else None
    classes = {"classes": ["no", "yes"], "positive": "yes", "threshold_curve": CURVE, "coverage": 0.9}
    return INFO.model_copy(update=classes | {"decision": chosen, "threshold": at})


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (info(), "The most probable value is predicted."),
        (
            info(0.1234, costs=COSTS),
            "'yes' is predicted from a probability of 12.3% on: a missed 'yes' costs 5, a false alarm 1.",
        ),
        (info(0.2, costs={"yes": {"no": 3.0}}), "of 20.0% on, by the costs of errors that are set for the model."),
        (info(0.2, limit=50), "of 20.0% on, so that at most 50 of 1,000 rows are."),
        (info(0.2, threshold=0.2), "of 20% on, as set by hand."),
        (
            info(costs={"b": {"c": 2.0}}).model_copy(update={"classes": ["a", "b", "c"]}),
            "The value of the lowest expected cost is predicted",
        ),
        (info(0.2, threshold=0.2).model_copy(update={"positive": True}), " = true' is predicted"),
        (info(0.2, threshold=0.2).model_copy(update={"positive": -1}), " = -1' is predicted"),
    ],
)
def test_sentence_says_what_predictions_follow(version: VersionInfo, sentence: str):
    assert sentence in decision_sentence(version)


def test_figures_of_a_threshold_are_those_of_held_out_rows():
    thresholds = Thresholds(info(), CURVE)

    found = thresholds.figures(thresholds.index_of(0.7), 5, 1)

    assert thresholds.outcomes[thresholds.current].threshold == 0.5
    assert (found.found, found.missed, found.false_alarms, found.left_alone) == ("2", "2", "1", "3")
    assert (found.threshold, found.precision, found.recall, found.share) == ("70%", "66.7%", "50.0%", "37.5%")
    assert found.cost == "1,375"
    assert thresholds.figures(len(CURVE.thresholds) - 1, 1, 1).precision == "–"


def test_threshold_of_costs_is_that_of_the_version():
    thresholds = Thresholds(info(), CURVE)

    index = thresholds.found_by(Decision(costs=COSTS, by="", at=NOW))

    assert CURVE.thresholds[index] == 0.2


def test_changes_for_callers_are_named():
    thresholds = Thresholds(info(), CURVE)

    changed = thresholds.changes(thresholds.index_of(0.2), ModelPatch(limit=900))
    reset = thresholds.changes(thresholds.current, ModelPatch(limit=None))

    assert changed[0] == "'yes' is predicted from a probability of 20% on, until now 50%."
    assert changed[1] == "That is about 875 of 1,000 rows like those of the training table, until now 500."
    assert changed[3] == "New versions draw the line where the limit is kept on their own rows."
    assert reset[0] == "'yes' is still predicted from a probability of 50% on."
    assert reset[2] == "New versions predict the most probable value, too."


def test_threshold_above_all_probabilities_is_not_100_percent():
    assert [threshold_text(each) for each in (0.5, 0.1234, 1.0000001)] == ["50%", "12.3%", "over 100%"]


@pytest.mark.parametrize(
    ("version", "classes", "note"),
    [
        (info(), ["yes"], ""),
        (info(), ["yes", "no"], "In about 90% of such cases, it is yes or no."),
        (info(0.2, threshold=0.2), ["no"], "'yes' is predicted from a probability of 20% on, as set by hand."),
        (info().model_copy(update={"coverage_verified": False}), ["yes", "no"], ""),
    ],
)
def test_note_names_the_classes_of_a_row(version: VersionInfo, classes: list[str], note: str):
    answer = PredictResponse(model="m", version=1, predictions=["yes"], coverage=0.9, sets=[classes], warnings=[])

    assert answer_note(version, answer) == note
