"""Sentences about held-out rows."""

from typing import Any

import pytest

from mlapp.presentation.evaluation.held_out import (
    action,
    coverage_caveat,
    coverage_claim,
    evaluated_on,
    judged,
    not_verified,
    plural,
)
from mlapp.schemas import Evaluation, PredictResponse, Suggestion
from tests.presentation.comparison.test_differences import classifier, info

BY: dict[str, Any] = {"time_column": "year", "group_column": "patient", "held_out_groups": 1_200}


@pytest.mark.parametrize(
    ("column", "expected"),
    [("patient", "patients"), ("Customer_ID", "customers"), ("city", "cities"), ("Kunde", "values of 'Kunde'")],
)
def test_plural_of_what_a_column_names(column: str, expected: str):
    assert plural(column) == expected


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        (Evaluation.CROSS_VALIDATION, "Measured on rows that were kept out of training."),
        (Evaluation.HELD_OUT, "Measured on rows that were kept out of training."),
        (Evaluation.GROUPS, "Evaluated on 1,200 patients that training had not seen."),
        (Evaluation.LATEST, "Evaluated on the latest fifth of the rows by 'year', trained on the earlier ones."),
        (
            Evaluation.LATEST_GROUPS,
            "Evaluated on the latest fifth of the rows by 'year', of 1,200 patients that training had not seen.",
        ),
    ],
)
def test_rows_that_a_version_is_evaluated_on(evaluation: Evaluation, expected: str):
    assert evaluated_on(info(evaluation=evaluation, **BY)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ""),
        ({"coverage_verified": False, "evaluation": Evaluation.LATEST}, "not verified: later rows may differ"),
        ({"coverage_verified": False}, "not verified: the rows depend on each other"),
    ],
)
def test_coverage_that_is_not_verified_is_not_claimed(changed: dict[str, Any], expected: str):
    version = info(**changed)

    assert expected in coverage_caveat(version)
    assert (coverage_claim(version, 0.9) == "The true value lies in this interval in about 90% of cases.") == (
        not expected
    )


def test_classes_have_no_intervals_to_verify():
    assert coverage_caveat(classifier(["a", "b"], coverage_verified=False)) == ""


def test_button_and_sentence_of_each_option():
    groups = Suggestion(option="group_column", column="patient", detail="")
    latest = Suggestion(option="time_column", column="year", detail="")

    assert (action(groups), action(latest)) == ("Judge on new patients", "Judge on the latest rows")
    assert "judged on new patients: all rows of one" in judged("group_column", "patient")
    assert "judged on the latest fifth of the rows by 'year'" in judged("time_column", "year")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ""),
        ({"reliable": [True]}, ""),
        ({"reliable": [False]}, "how right this probability is"),
        ({"reliable": [False], "lower": [1.0]}, "how right this interval is"),
    ],
)
def test_answers_to_unusual_rows_are_not_verified(fields: dict[str, Any], expected: str):
    answer = PredictResponse(model="churn", version=1, predictions=[1], warnings=[], **fields)

    assert not_verified(answer).startswith("Not verified here" if expected else "")
    assert expected in not_verified(answer)
