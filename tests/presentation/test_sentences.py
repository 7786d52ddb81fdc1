"""Sentences about models, versions and jobs, and formats of numbers and times."""

import re
from datetime import timedelta
from typing import Any

import pytest

from mlapp.presentation.formats import expected_duration, format_time, format_uptime
from mlapp.presentation.sentences import headline, job_status_line, job_title, quality_summary, version_name
from mlapp.schemas import JobStatus, VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.store.conftest import NOW, ended, job


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> VersionInfo:
    fitted = diabetes.but(metrics={"mae": 44.2519}, baseline={"mae": 65.6})
    return describe(store, "diabetes", fitted.add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> VersionInfo:
    fitted = wine.but(features=wine.record.features[:1], metrics={"accuracy": 0.987}, baseline={"accuracy": 0.399})
    return describe(store, "wine", fitted.add_to(store))


def test_version_is_named_with_its_model():
    assert version_name("churn", 3) == "churn, version 3"


def test_headline_has_target_and_number_of_features(regression: VersionInfo, classification: VersionInfo):
    assert headline(regression) == "predicts progression from 10 columns"
    assert headline(classification) == "predicts cultivar from 1 column"


def test_quality_summary_compares_with_the_baseline(regression: VersionInfo, classification: VersionInfo):
    assert re.search(r"off by 44\.3 on average; .* average is off by 65\.6\.", quality_summary(regression))
    assert re.search(
        r"98\.7% of its predictions are correct; .* most frequent value is correct in 39\.9%\.",
        quality_summary(classification),
    )


def test_job_title_has_table_target_and_model():
    assert job_title(job(1)) == "wine"
    assert job_title(job(1, target="ash")) == "ash from wine"
    assert job_title(job(1, target="ash", model="wine")) == "wine: ash from wine"
    assert job_title(job(1, target="ash", model="wine", version=2)) == "ash from wine"
    assert job_title(job(1, model="wine")) == "wine"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "Starting · 50%"),
        ({"remaining_s": 6.2}, "Starting · 50% · about 7 s left"),
        ({"remaining_s": 0.0, "progress": 1}, "Starting · 100% · about 0 s left"),
        ({"status": JobStatus.QUEUED, "stage": "Waiting", "queue_position": 3}, "Waiting · number 3 in the queue"),
    ],
)
def test_status_line_of_a_running_job_shows_progress(changed: dict[str, Any], text: str):
    assert job_status_line(job(1, **changed)) == text


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("Evaluating random_forest: fold 2 of 5", "Evaluating Random forest, part 2 of 5 of the rows"),
        ("Fitting linear", "Fitting Linear model"),
    ],
)
def test_status_line_names_the_estimator_for_people(stage: str, text: str):
    assert job_status_line(job(1, stage=stage)).startswith(f"{text} · ")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"finished_at": NOW + timedelta(seconds=2.34)}, "Trained in 2.3 s"),
        ({"version": None, "status": JobStatus.FAILED, "error": "There is no column 'y'."}, "There is no column 'y'."),
        ({"version": None, "status": JobStatus.CANCELLED}, "cancelled"),
    ],
)
def test_status_line_of_a_finished_job_shows_the_result(changed: dict[str, Any], text: str):
    assert job_status_line(ended(1, **changed)) == text


def test_time_is_to_the_minute_or_second():
    assert (format_time(NOW), format_time(None)) == ("2026-01-31 00:00 UTC", "–")
    assert format_time(NOW, seconds=True) == "2026-01-31 00:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (64, "1 min 4 s"), (3_600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_uptime_is_in_two_units(seconds: float, text: str):
    assert format_uptime(seconds) == text


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
def test_expected_duration_is_rounded(seconds: float, text: str):
    assert expected_duration(seconds) == text
