"""The verdict on a model: honest whether it is good, useless, worse than guessing or too good to be true."""

import pytest

from mlapp.presentation.verdict import verdict
from mlapp.schemas import Model
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


def regression(store: ModelStore, fitted: Fitted, r2: float, mae: float, blind: float = 100) -> Model:
    metrics, baseline = {"r2": r2, "mae": mae, "rmse": 10 * (1 - r2) ** 0.5}, {"r2": 0, "mae": blind, "rmse": 10}
    return describe(store, fitted.but(metrics=metrics, baseline=baseline).add_to(store))


def classification(store: ModelStore, fitted: Fitted, right: float, blind: float, **metrics: float) -> Model:
    changed = fitted.but(
        metrics={"accuracy": right, "log_loss": 0.4} | metrics, baseline={"accuracy": blind, "log_loss": 0.5}
    )
    return describe(store, changed.add_to(store))


@pytest.mark.parametrize(
    ("r2", "mae", "said"),
    [
        (0.48, 70, "Explains about half of what makes progression vary"),
        (0.31, 80, "Explains about a third of what makes progression vary"),
        (0.97, 12, "Explains nearly all of what makes progression vary"),
        (0.01, 66, "About a third less error than always guessing the mean"),
        (0.02, 98, "Hardly better than always guessing the mean"),
        (0.2, 100, "No better than always guessing the mean"),
        (0.01, 130, "Worse than always guessing the mean"),
        # Its warnings say it.
        (0, 98, None),
        (-0.4, 66, None),
    ],
)
def test_verdict_on_a_regression(store: ModelStore, diabetes: Fitted, r2: float, mae: float, said: str | None):
    assert verdict(regression(store, diabetes, r2, mae)) == said


@pytest.mark.parametrize(
    ("right", "blind", "said"),
    [
        (0.983, 0.399, "Right in 98 of 100 cases; always answering the most frequent class would be right in 40"),
        (0.998, 0.99, "Right in 998 of 1,000 cases; always answering the most frequent class would be right in 990"),
        (0.9999, 0.9996, "Right in 9,999 of 10,000 cases; always answering the most frequent class would be right in"),
        (0.402, 0.4, "Hardly better than always answering the most frequent class"),
        (0.9, 0.9, "No better than always answering the most frequent class"),
        (0.5, 0.7, "Worse than always answering the most frequent class"),
    ],
)
def test_verdict_on_a_classification(store: ModelStore, wine: Fitted, right: float, blind: float, said: str):
    assert str(verdict(classification(store, wine, right, blind))).startswith(said)


def test_verdict_on_a_classification_is_about_its_answers_where_warnings_are_about_its_probabilities(
    store: ModelStore, wine: Fitted
):
    assert str(verdict(classification(store, wine, 0.9, 0.6, log_loss=0.6))).startswith("Right in 90 of 100 cases")
    assert verdict(classification(store, wine, 0.6, 0.6, log_loss=0.6)) is None


def test_verdict_doubts_what_is_too_good(store: ModelStore, diabetes: Fitted, wine: Fitted):
    assert verdict(regression(store, diabetes, 0.9999, 0.2)) == (
        "Explains nearly all of what makes progression vary – "
        "suspiciously good, check that no feature gives the answer away"
    )
    said = [str(verdict(classification(store, wine, right, 0.4))) for right in (1, 0.9994)]
    assert said[0].startswith("Right in all cases that it was tested on – susp")
    assert said[1].startswith("Right in 999 of 1,000 cases – suspiciously")


def test_verdict_credits_probabilities_that_tell_rare_cases_apart(store: ModelStore, wine: Fitted):
    assert verdict(classification(store, wine, 0.95, 0.95, roc_auc=0.9)) == (
        "No better than always answering the most frequent class, but its probabilities tell the cases apart"
    )


def test_verdict_when_there_was_nothing_to_gain(store: ModelStore, diabetes: Fitted, wine: Fitted):
    assert verdict(regression(store, diabetes, 0.01, 0, blind=0)) == "No better than always guessing the mean"
    assert verdict(classification(store, wine, 1, 1)) == "No better than always answering the most frequent class"
