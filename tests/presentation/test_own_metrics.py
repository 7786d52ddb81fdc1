"""Own metrics in comparisons, model cards and tables of metrics."""

from typing import Any

import pytest

from mlapp.ml.own import metrics
from mlapp.ml.own.metrics import OwnMetric
from mlapp.presentation.comparison.differences import differences
from mlapp.presentation.metrics import format_metric_with_spread, in_order, metric_label, metric_meaning
from mlapp.presentation.model_card import card
from mlapp.presentation.training_choices import estimator_text
from mlapp.schemas import LeaderboardEntry, Task, VersionInfo
from tests.store.conftest import INFO


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(label: str, **more: Any) -> OwnMetric:
        return OwnMetric(lambda *_: 0.0, Task.REGRESSION, label, f"about {label}", **more)

    monkeypatch.setitem(metrics.OWN_METRICS, "cost", own("Cost a row", higher_is_better=False, unit="target"))
    monkeypatch.setitem(metrics.OWN_METRICS, "sold", own("Sold in time", higher_is_better=True, unit="percent"))


def info(version: int = 1, **scores: float) -> VersionInfo:
    found = {"mae": 2.0, "rmse": 3.0, "r2": 0.5} | scores
    board = [LeaderboardEntry(estimator="linear", score=3.0, spread=0.1, fit_seconds=0.1)]
    changed = {
        "leaderboard": board,
        "metrics": found,
        "baseline": {"mae": 4.0, "rmse": 6.0, "r2": 0.0},
        "spread": dict.fromkeys(found, 0.1),
    }
    return INFO.model_copy(update={"version": version, **changed})


def test_own_metrics_follow_those_of_the_app_with_label_meaning_and_unit():
    assert in_order(["cost", "mae", "r2", "gone_now"]) == ["r2", "mae", "cost", "gone_now"]
    assert list(map(metric_label, ["mae", "cost", "gone_now"])) == ["Average error", "Cost a row", "Gone now"]
    assert (metric_meaning("cost"), metric_meaning("gone_now")) == ("about Cost a row", "")
    found = {"cost": 12.5, "sold": 0.5, "gone_now": 0.25}
    texts = [format_metric_with_spread(name, found, {"cost": 1.5, "sold": 0.1}, "€") for name in found]
    assert texts == ["12.5 ± 1.5 €", "50 ± 10%", "0.250"]


def test_comparison_marks_the_best_version_by_an_own_metric_whose_direction_is_known():
    versions = info(1, cost=3.0, sold=0.5, gone_now=1.0), info(2, cost=2.0, sold=0.75, gone_now=2.0), info(3)

    lines = {line.label: line for line in differences(versions)}

    assert lines["Cost a row"].texts[2] == "–"
    assert lines["Cost a row"].best == lines["Sold in time"].best == frozenset({1})
    assert lines["Gone now"].best == frozenset()


def test_name_of_a_package_is_spelled_as_it_spells_itself():
    assert estimator_text(info().model_copy(update={"estimator": "lightgbm"})) == "LightGBM"


def test_model_card_has_own_metrics():
    text = card(info(cost=3.0), "http://localhost:8000")

    assert "about Cost a row" in text
    assert '"type": "cost", "name": "Cost a row", "value": 3.0' in text
