"""The verdict on a version that is good, useless, worse than its baseline or too good to be true."""

import pytest

from mlapp.presentation.verdict import verdict
from mlapp.schemas import VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


def regression(store: ModelStore, fitted: Fitted, r2: float, mae: float, dummy_mae: float = 100) -> VersionInfo:
    metrics, baseline = {"r2": r2, "mae": mae, "rmse": 10 * (1 - r2) ** 0.5}, {"r2": 0, "mae": dummy_mae, "rmse": 10}
    version = fitted.but(metrics=metrics, baseline=baseline).add_to(store)
    return describe(store, fitted.name, version)


def classification(
    store: ModelStore, fitted: Fitted, accuracy: float, dummy_accuracy: float, **metrics: float
) -> VersionInfo:
    changed = fitted.but(
        metrics={"accuracy": accuracy, "log_loss": 0.4} | metrics,
        baseline={"accuracy": dummy_accuracy, "log_loss": 0.5},
    )
    return describe(store, fitted.name, changed.add_to(store))


@pytest.mark.parametrize(
    ("r2", "mae", "said"),
    [
        (0.48, 70, "Explains about half of the variance of progression"),
        (0.31, 80, "Explains about a third of the variance of progression"),
        (0.97, 12, "Explains nearly all of the variance of progression"),
        (0.01, 66, "About a third less error than always predicting the mean"),
        (0.02, 98, "Hardly better than always predicting the mean"),
        (0.2, 100, "No better than always predicting the mean"),
        (0.01, 130, "Worse than always predicting the mean"),
        # The warnings of the version say it.
        (0, 98, None),
        (-0.4, 66, None),
    ],
)
def test_verdict_on_a_regression(store: ModelStore, diabetes: Fitted, r2: float, mae: float, said: str | None):
    assert verdict(regression(store, diabetes, r2, mae)) == said


@pytest.mark.parametrize(
    ("accuracy", "baseline", "said"),
    [
        (0.983, 0.399, "Correct in 98 of 100 cases; always predicting the most frequent class is correct in 40"),
        (0.998, 0.99, "Correct in 998 of 1,000 cases; always predicting the most frequent class is correct in 990"),
        (0.9999, 0.9996, "Correct in 9,999 of 10,000 cases; always predicting the most frequent class is correct in"),
        (0.402, 0.4, "Hardly better than always predicting the most frequent class"),
        (0.9, 0.9, "No better than always predicting the most frequent class"),
        (0.5, 0.7, "Worse than always predicting the most frequent class"),
    ],
)
def test_verdict_on_a_classification(store: ModelStore, wine: Fitted, accuracy: float, baseline: float, said: str):
    assert str(verdict(classification(store, wine, accuracy, baseline))).startswith(said)


def test_verdict_on_a_classification_ignores_warnings_about_probabilities(store: ModelStore, wine: Fitted):
    assert str(verdict(classification(store, wine, 0.9, 0.6, log_loss=0.6))).startswith("Correct in 90 of 100 cases")
    assert verdict(classification(store, wine, 0.6, 0.6, log_loss=0.6)) is None


def test_verdict_is_suspicious_of_perfect_scores(store: ModelStore, diabetes: Fitted, wine: Fitted):
    assert "suspiciously good" in str(verdict(regression(store, diabetes, 0.9999, 0.2)))
    said = [str(verdict(classification(store, wine, accuracy, 0.4))) for accuracy in (1, 0.9994)]
    assert said[0].startswith("Correct in all held-out cases – susp")
    assert said[1].startswith("Correct in 999 of 1,000 cases – suspiciously")


def test_verdict_credits_probabilities_that_separate_rare_classes(store: ModelStore, wine: Fitted):
    assert verdict(classification(store, wine, 0.95, 0.95, roc_auc=0.9)) == (
        "No better than always predicting the most frequent class, but its probabilities separate the classes"
    )


def test_verdict_with_a_perfect_baseline(store: ModelStore, diabetes: Fitted, wine: Fitted):
    assert verdict(regression(store, diabetes, 0.01, 0, dummy_mae=0)) == "No better than always predicting the mean"
    assert verdict(classification(store, wine, 1, 1)) == "No better than always predicting the most frequent class"
