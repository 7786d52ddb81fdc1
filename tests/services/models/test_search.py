"""Search of versions."""

from datetime import timedelta
from typing import Any

import pytest

from mlapp.schemas import VersionSummary, Task
from mlapp.services.models.search import ORDERS, VersionQuery, search
from tests.store.conftest import NOW


def model(version: int, **changed: Any) -> VersionSummary:
    plain: dict[str, Any] = {
        "created_at": NOW + timedelta(days=version),
        "active": False,
        "usable": True,
        "task": Task.REGRESSION,
        "target": "Price",
        "estimator": "linear",
        "rows": 100,
        "metrics": {"r2": 0.5},
        "note": "",
        "source": None,
    }
    return VersionSummary(version=version, **(plain | changed))


MODELS = [
    model(11, target="Churn", task=Task.CLASSIFICATION, metrics={"accuracy": 0.9}, rows=300),
    model(2, active=True, note="The one from Marketing", estimator="hist_gradient_boosting", metrics={"r2": 0.7}),
    model(1, rows=200),
]


def versions(**query: Any) -> list[int]:
    return [model.version for model in search(MODELS, VersionQuery(**query)).models]


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
        ("model 11", [11]),
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
    page = search(MODELS, VersionQuery(words="linear", offset=1, limit=1))

    assert ([match.version for match in page.models], page.matches, page.total) == ([1], 2, 3)


def test_search_sorts_a_model_without_a_score_last():
    assert versions(order="score")[-1] == 11
    unscored = search([model(3, metrics={}), *MODELS], VersionQuery(order="score"))
    assert [match.version for match in unscored.models] == [2, 1, 3, 11]
