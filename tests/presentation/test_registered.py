"""What is said of pipelines that were fitted elsewhere."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from mlapp.presentation.evaluation.held_out import evaluated_on
from mlapp.presentation.model_card import card
from mlapp.presentation.sentences import quality_summary, trained_on
from mlapp.presentation.training_choices import training_choices
from mlapp.presentation.verdict import Level, verdict
from mlapp.schemas import VersionInfo
from tests.fitted import info_of
from tests.ml.registration.conftest import register

X = np.arange(30.0)
NUMBERS = pl.DataFrame({"x": X, "y": 2 * X + np.sin(9 * X) * 4})
CLASSES = pl.DataFrame({"x": X, "y": np.where(np.sin(X) + X / 10 > 1.5, "yes", "no")})


@cache
def registered(*, seen: bool, classes: bool) -> VersionInfo:
    table = CLASSES if classes else NUMBERS
    pipeline = (LogisticRegression() if classes else Ridge()).fit(table[["x"]], table["y"])
    return info_of(register(FrozenEstimator(pipeline) if seen else pipeline, table, "y"))


def test_card_says_that_a_clone_was_evaluated():
    text = card(registered(seen=False, classes=False), "http://localhost:8000")

    assert "Fitted elsewhere and registered with 30 rows" in text
    assert "Measured with a clone of the pipeline on held-out rows, with five-fold cross-validation" in text
    assert "they should cover about 90% of true values" in text
    assert "| Fitted | elsewhere, and registered: predicts from a polars frame |" in text
    assert "is served as it was fitted" in text


def test_card_claims_no_calibration_of_probabilities():
    text = card(registered(seen=False, classes=True), "http://localhost:8000")

    assert "Its probabilities are those of the pipeline: they are not recalibrated." in text


@pytest.mark.parametrize("classes", [False, True])
def test_rows_that_may_have_been_seen_are_called_so(classes):
    info = registered(seen=True, classes=classes)

    text = card(info, "http://localhost:8000")

    assert "Measured on rows that may have been seen" in text
    assert "No interval is claimed" in text
    assert "held-out rows" not in text.partition("## Where")[0]
    assert quality_summary(info).startswith("On rows that it may have been fitted on")
    assert evaluated_on(info).startswith("Measured on rows that may have been seen")


def test_rows_that_may_have_been_seen_get_no_green_tick():
    found = verdict(registered(seen=True, classes=False))

    assert found.level is Level.WEAK
    assert found.phrase.startswith("May have been seen: off by")


def test_facts_name_the_modules_that_a_server_needs():
    info = registered(seen=False, classes=False)
    assert info.registered
    other = info.model_copy(update={"registered": info.registered.model_copy(update={"imports": ["own.steps", "x"]})})

    assert ("Needs", "no module of its own") in training_choices(info)
    assert ("Needs", "own.steps, x") in training_choices(other)
    assert trained_on(info) == "fitted elsewhere and registered with 30 rows"
