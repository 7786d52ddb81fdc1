"""What is said about models and jobs, in sentences."""

from datetime import timedelta
from typing import Any

import pytest

from mlapp.presentation.sentences import (
    about_job,
    duration,
    expected,
    figure,
    headline,
    moment,
    percent,
    quality,
    running_time,
    spelled,
    state,
)
from mlapp.schemas import JobStatus, Model
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.store.conftest import NOW, ended, job


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> Model:
    return describe(store, diabetes.but(metrics={"mae": 44.2519}, baseline={"mae": 65.6}).add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> Model:
    fitted = wine.but(features=wine.record.features[:1], metrics={"accuracy": 0.987}, baseline={"accuracy": 0.399})
    return describe(store, fitted.add_to(store))


def test_headline_says_what_is_predicted_from_how_much(regression: Model, classification: Model):
    assert headline(regression) == "predicts progression from 10 features"
    assert headline(classification) == "predicts cultivar from 1 feature"


def test_quality_compares_with_a_model_that_is_blind(regression: Model, classification: Model):
    assert quality(regression) == (
        "On rows it had not seen, it is off by 44.25 on average. Always guessing the mean would be off by 65.6."
    )
    assert quality(classification) == (
        "On rows it had not seen, it is right 98.7% of the time. "
        "Always answering the most frequent class would be right 39.9% of the time."
    )


def test_job_is_about_its_table_and_its_target_once_that_is_known():
    assert about_job(job(1)) == "wine"
    assert about_job(job(1, target="ash")) == "ash from wine"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "Starting · 50%"),
        ({"remaining_s": 6.2}, "Starting · 50% · about 7 s left"),
        ({"remaining_s": 0.0, "progress": 1}, "Starting · 100% · about 0 s left"),
        ({"status": JobStatus.QUEUED, "stage": "Waiting", "queue_position": 3}, "Waiting · number 3 in the queue"),
    ],
)
def test_state_of_a_job_that_goes_on_says_how_far_it_is(changed: dict[str, Any], text: str):
    assert state(job(1, **changed)) == text


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"finished_at": NOW + timedelta(seconds=2.34)}, "Made model 7 in 2.3 s"),
        ({"version": None, "status": JobStatus.FAILED, "error": "There is no column 'y'."}, "There is no column 'y'."),
        ({"version": None, "status": JobStatus.CANCELLED}, "cancelled"),
    ],
)
def test_state_of_a_job_that_has_ended_says_what_came_of_it(changed: dict[str, Any], text: str):
    assert state(ended(1, **changed)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.04, "0 s"), (2.34, "2.3 s"), (9.99, "10 s"), (89, "89 s"), (90, "2 min"), (5_400, "1.5 h")],
)
def test_duration_is_in_the_unit_that_fits(seconds: float, text: str):
    assert duration(seconds) == text


def test_moment_is_to_the_second():
    assert (moment(NOW), moment(None)) == ("2026-01-31 00:00:00 UTC", "–")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (64, "1 min 4 s"), (3_600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_running_time_is_in_two_units(seconds: float, text: str):
    assert running_time(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (True, "true"), (False, "false"), (1 / 3, "0.3333"), (12345, "12345"), ("a", "a")]
)
def test_spelled_is_as_people_read_it(value: object, text: str):
    assert spelled(value) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1_000, "1,000"),
        (-12.3456, "-12.35"),
        (0.0123456, "0.01235"),
        (0.00001234567, "1.235e-05"),
        (1_234_567.8, "1,234,568"),
        (1e9, "1e+09"),
    ],
)
def test_figure_has_four_digits(number: float, text: str):
    assert figure(number) == text


def test_percent_has_one_decimal():
    assert percent(0.98765) == "98.8%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.3, "takes a few seconds"),
        (7.9, "takes a few seconds"),
        (8, "takes about 10 s"),
        (13, "takes about 20 s"),
        (90.1, "takes about 100 s"),
        (95, "takes about 2 min"),
        (9_000, "takes about 2.5 h"),
    ],
)
def test_expected_is_as_exact_as_a_guess(seconds: float, text: str):
    assert expected(seconds) == text
