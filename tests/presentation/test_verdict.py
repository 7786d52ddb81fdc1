"""The verdict on a version that is good, weak, useless, worse than its baseline or too good to be true."""

from typing import Any

import pytest

from mlapp.presentation.verdict import Level, other_warnings, verdict
from mlapp.schemas import ColumnFormat, VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted

MEAN, MODE = "always predicting the average", "always predicting the most frequent value"


def regression(
    store: ModelStore, fitted: Fitted, r2: float, mae: float, dummy_mae: float = 100, **changed: Any
) -> VersionInfo:
    metrics, baseline = {"r2": r2, "mae": mae, "rmse": 10 * (1 - r2) ** 0.5}, {"r2": 0, "mae": dummy_mae, "rmse": 10}
    version = fitted.but(metrics=metrics, baseline=baseline, **changed).add_to(store)
    return describe(store, fitted.name, version)


def classification(
    store: ModelStore,
    fitted: Fitted,
    accuracy: float,
    dummy_accuracy: float,
    leaks: list[str] | None = None,
    **metrics: float,
) -> VersionInfo:
    changed = fitted.but(
        metrics={"accuracy": accuracy, "log_loss": 0.4} | metrics,
        baseline={"accuracy": dummy_accuracy, "log_loss": 0.5},
        suspected_leaks=leaks or [],
    )
    return describe(store, fitted.name, changed.add_to(store))


@pytest.mark.parametrize(
    ("r2", "mae", "level", "phrase"),
    [
        (0.48, 70, Level.GOOD, f"Off by 70 on average; {MEAN} is off by 100"),
        (0.01, 66, Level.GOOD, f"Off by 66 on average; {MEAN} is off by 100"),
        (0.1, 94, Level.WEAK, f"Off by 94 on average; {MEAN} is off by 100"),
        (0.02, 98, Level.NO_BETTER, f"No better than {MEAN}"),
        (0.01, 130, Level.NO_BETTER, f"Worse than {MEAN}"),
        (-0.4, 66, Level.NO_BETTER, f"No better than {MEAN}"),
    ],
)
def test_verdict_on_a_regression(store: ModelStore, diabetes: Fitted, r2: float, mae: float, level: Level, phrase: str):
    found = verdict(regression(store, diabetes, r2, mae))

    assert (found.level, found.phrase) == (level, phrase)
    assert bool(found.advice) == (level is not Level.GOOD)


def test_verdict_has_the_unit_of_the_target(store: ModelStore, diabetes: Fitted):
    info = regression(store, diabetes, 0.5, 70.25, target_read_as=ColumnFormat(unit="€"))

    assert verdict(info).phrase == f"Off by 70.2 € on average; {MEAN} is off by 100 €"


@pytest.mark.parametrize(
    ("accuracy", "baseline", "level", "phrase"),
    [
        (0.983, 0.399, Level.GOOD, f"Correct in 98 of 100 cases; {MODE} is correct in 40"),
        (0.994, 0.99, Level.GOOD, f"Correct in 994 of 1,000 cases; {MODE} is correct in 990"),
        (0.9996, 0.9993, Level.GOOD, f"Correct in 9,996 of 10,000 cases; {MODE} is correct in 9,993"),
        (0.75, 0.7, Level.WEAK, f"Correct in 75 of 100 cases; {MODE} is correct in 70"),
        (0.402, 0.4, Level.NO_BETTER, f"No better than {MODE}"),
        (0.5, 0.7, Level.NO_BETTER, f"Worse than {MODE}"),
    ],
)
def test_verdict_on_a_classification(
    store: ModelStore, wine: Fitted, accuracy: float, baseline: float, level: Level, phrase: str
):
    found = verdict(classification(store, wine, accuracy, baseline))

    assert (found.level, found.phrase) == (level, phrase)


def test_verdict_ignores_probabilities_if_classes_are_right(store: ModelStore, wine: Fitted):
    assert verdict(classification(store, wine, 0.9, 0.6, log_loss=0.6)).level is Level.GOOD
    assert verdict(classification(store, wine, 0.6, 0.6, log_loss=0.6, roc_auc=0.9)).level is Level.NO_BETTER


def test_verdict_credits_probabilities_that_separate_rare_classes(store: ModelStore, wine: Fitted):
    found = verdict(classification(store, wine, 0.95, 0.95, roc_auc=0.9))

    assert (found.level, found.is_doubtful) == (Level.WEAK, False)
    assert found.phrase == f"No better than {MODE}, but its probabilities separate the classes"


def test_perfect_scores_are_too_good(store: ModelStore, diabetes: Fitted, wine: Fitted):
    found = [verdict(regression(store, diabetes, 0.9999, 0.2))]
    found += [verdict(classification(store, wine, accuracy, 0.4)) for accuracy in (1, 0.9994)]

    assert [each.phrase for each in found] == [
        "Too good to be true: off by 0.2 on average",
        "Too good to be true: correct in every case",
        "Too good to be true: correct in 999 of 1,000 cases",
    ]
    assert all(each.is_doubtful and "Check that no column" in each.advice for each in found)


def test_suspected_leaks_are_named(store: ModelStore, wine: Fitted):
    one = verdict(classification(store, wine, 0.9, 0.4, leaks=["alive"]))
    six = verdict(classification(store, wine, 0.9, 0.4, leaks=list("abcdef")))

    assert one.phrase == "Too good to be true: 'alive' gives 'cultivar' away"
    assert "train without it." in one.advice
    assert six.phrase == "Too good to be true: 'a', 'b', 'c', 'd' and 2 more columns give 'cultivar' away"
    assert (six.level, six.suspects) == (Level.TOO_GOOD, tuple("abcdef"))


def test_useless_version_with_suspected_leaks_is_no_better(store: ModelStore, wine: Fitted):
    assert verdict(classification(store, wine, 0.4, 0.4, leaks=["alive"])).level is Level.NO_BETTER


def test_verdict_with_a_perfect_baseline(store: ModelStore, diabetes: Fitted, wine: Fitted):
    assert verdict(regression(store, diabetes, 0.01, 0, dummy_mae=0)).phrase == f"No better than {MEAN}"
    assert verdict(classification(store, wine, 1, 1)).phrase == f"No better than {MODE}"


def test_warnings_of_leaks_are_given_where_the_verdict_does_not_name_them(store: ModelStore, wine: Fitted):
    warnings = ["Column 'ash' alone predicts 'cultivar' almost perfectly.", "Another."]
    named, useless = (
        classification(store, wine, accuracy, 0.4, leaks=["ash"]).model_copy(update={"warnings": warnings})
        for accuracy in (0.9, 0.4)
    )

    assert (other_warnings(named), other_warnings(useless)) == (warnings[1:], warnings)


def test_warning_of_several_leaks_is_not_repeated(store: ModelStore, wine: Fitted):
    warnings = ["Columns 'ash', 'hue' and 'alcohol' together give 'cultivar' away.", "Another."]
    info = classification(store, wine, 0.9, 0.4, leaks=["ash", "hue", "alcohol"])

    assert other_warnings(info.model_copy(update={"warnings": warnings})) == ["Another."]
