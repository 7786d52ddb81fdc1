"""Search of models and versions."""

from datetime import timedelta
from typing import Any

import pytest

from mlapp.schemas import ActivationPolicy, DataSource, ModelSummary, Task, VersionSummary
from mlapp.services.models.search import ORDERS, VersionQuery, search, search_models
from tests.store.conftest import NOW


def info(version: int, **changed: Any) -> VersionSummary:
    plain: dict[str, Any] = {
        "created_at": NOW + timedelta(days=version),
        "model": "prices",
        "active": False,
        "default": True,
        "predict_path": "/models/prices/predict",
        "breaking": [],
        "usable": True,
        "task": Task.REGRESSION,
        "target": "Price",
        "estimator": "linear",
        "rows": 100,
        "metrics": {"r2": 0.5},
        "baseline": {},
        "warnings": [],
        "suspected_leaks": [],
        "note": "",
        "source": None,
        "registered": None,
    }
    return VersionSummary(version=version, **(plain | changed))


VERSIONS = [
    info(11, target="Churn", task=Task.CLASSIFICATION, metrics={"accuracy": 0.9}, rows=300),
    info(2, active=True, note="The one from Marketing", estimator="hist_gradient_boosting", metrics={"r2": 0.7}),
    info(1, rows=200, source=DataSource(file="Q3 sales.csv")),
]


def versions(**query: Any) -> list[int]:
    return [match.version for match in search(VERSIONS, VersionQuery(**query)).versions]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [11, 2, 1]),
        ("CHURN", [11]),
        ("class", [11]),
        ("gradient market", [2]),
        ("marketing churn", []),
        ("1", [1]),
        ("#11", [11]),
        ("version 11", [11]),
        ("sales.csv", [1]),
        ("active", [2]),
    ],
)
def test_search_matches_every_word(words: str, found: list[int]):
    assert versions(words=words) == found


@pytest.mark.parametrize(
    ("order", "ascending"),
    [
        ("version", [1, 2, 11]),
        ("target", [11, 2, 1]),
        ("estimator", [2, 11, 1]),
        ("score", [11, 1, 2]),
        ("rows", [2, 1, 11]),
        ("created_at", [1, 2, 11]),
    ],
)
def test_search_sorts_and_puts_the_newest_of_equal_ones_first(order: str, ascending: list[int]):
    assert versions(order=order, descending=False) == ascending


def test_search_sorts_by_every_order():
    assert {order: versions(order=order)[0] for order in ORDERS} == {
        "version": 11,
        "target": 2,
        "estimator": 11,
        "score": 2,
        "rows": 11,
        "created_at": 11,
    }


def test_search_returns_a_page_and_the_totals():
    page = search(VERSIONS, VersionQuery(words="linear", offset=1, limit=1))

    assert ([match.version for match in page.versions], page.matches, page.total) == ([1], 2, 3)


def test_search_sorts_a_model_without_a_score_last():
    assert versions(order="score")[-1] == 11
    unscored = search([info(3, metrics={}), *VERSIONS], VersionQuery(order="score"))
    assert [match.version for match in unscored.versions] == [2, 1, 3, 11]


def model(name: str, **changed: Any) -> ModelSummary:
    plain: dict[str, Any] = {
        "description": "",
        "demo": False,
        "activation": ActivationPolicy.AUTO,
        "task": Task.REGRESSION,
        "target": "price",
        "active": 1,
        "versions": 1,
        "metrics": {},
        "trained_at": NOW,
        "source": None,
    }
    return ModelSummary(name=name, **(plain | changed))


MODELS = [
    model("wine", source=DataSource(dataset="cellar"), trained_at=NOW + timedelta(days=1)),
    model("homes", description="Flats in Leeds"),
    model("empty", target=None, trained_at=None),
    model("churn", target="Left", source=DataSource(file="Q3 customers.csv")),
]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["wine", "churn", "homes", "empty"]),
        ("LEEDS price", ["homes"]),
        ("left", ["churn"]),
        ("q3", ["churn"]),
        ("cellar", ["wine"]),
        ("leeds left", []),
    ],
)
def test_models_are_found_by_words_newest_first(words: str, found: list[str]):
    assert [each.name for each in search_models(MODELS, words, "newest")] == found


def test_models_are_sorted_by_name():
    assert [each.name for each in search_models(MODELS, "", "name")] == ["churn", "empty", "homes", "wine"]
