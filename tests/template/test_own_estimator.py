"""The README's example estimator, as a fork adds it."""

from itertools import count

import polars as pl
import pytest

from delivery.fork_test import example_estimator
from mlapp.ml import describe_estimators, estimators, load_version
from mlapp.ml.training.train import Trained, train
from mlapp.schemas import Record, Task, TrainOptions
from mlapp.tables.table import Table
from tests.store.conftest import INFO, NOW

STORED = {"created_at": NOW, "model_sha256": "", "source": None}
# The smallest table that can be trained on.
TABLE = Table(
    pl.DataFrame(
        {
            "size": [1.0, 2, 3, 4, 5, 6, 7, None, 9, 10],
            "kind": ["fan", "pump"] * 5,
            "price": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            "grade": ["low"] * 5 + ["high"] * 5,
        }
    )
)


@pytest.fixture(autouse=True)
def _example(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the example to the estimators."""
    # monkeypatch removes it at the end.
    monkeypatch.setitem(estimators.ESTIMATORS, "nearest", None)
    exec(example_estimator(), dict(vars(estimators)))


def trained(target: str, estimator: str) -> Trained:
    options = TrainOptions(target=target, estimator=estimator, budget_s=10_000)
    return train(TABLE, options, count().__next__, lambda *_: None)


def test_own_estimator_is_listed_with_the_first_line_of_its_docstring():
    (described,) = [each for each in describe_estimators() if each.name == "nearest"]

    assert described.tasks == list(Task)
    assert described.description.startswith("Nearest neighbors")


def test_own_estimator_is_compared_by_auto():
    leaderboard = [entry.estimator for entry in trained("price", "auto").record["leaderboard"]]

    assert "nearest" in leaderboard
    assert len(leaderboard) > 1


@pytest.mark.parametrize(("target", "expected"), [("price", (3, 7.2)), ("grade", ("low", "high"))])
def test_own_estimator_trains_and_predicts_by_its_name(target: str, expected: tuple[object, object]):
    result = trained(target, "nearest")
    info = INFO.model_copy(update=dict(Record(**result.record | STORED)))
    fitted = load_version(info, result.file)

    predictions = fitted.answers.response(fitted.predict(fitted.encoder.encode(TABLE))).predictions

    assert result.record["estimator"] == "nearest"
    # The mean or majority of five neighbours, for the smallest and the largest row.
    assert (predictions[0], predictions[-1]) == expected
