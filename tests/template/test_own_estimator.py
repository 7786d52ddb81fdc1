"""The README's example estimator, as a fork adds it."""

import re
import textwrap
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml import estimators, load_version
from mlapp.ml.catalog import describe_estimators
from mlapp.ml.own import metrics
from mlapp.ml.training.train import Trained, train
from mlapp.schemas import Record, Task, TrainOptions
from mlapp.tables.table import Table
from tests.store.conftest import INFO, NOW

README = Path(__file__).parents[2] / "README.md"
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
def _examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the examples to the estimators."""
    monkeypatch.setattr(estimators, "ESTIMATORS", dict(estimators.ESTIMATORS))
    for example in examples("ESTIMATORS["):
        exec(example, dict(vars(estimators)))


def examples(part: str) -> list[str]:
    found = re.findall(r"^  ```python\n(.*?)^  ```", README.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(each) for each in found if part in each]


def trained(target: str, estimator: str, table: Table = TABLE) -> Trained:
    options = TrainOptions(target=target, estimator=estimator, budget_s=10_000)
    return train(table, options, count().__next__, lambda *_: None)


def test_own_metric_is_in_the_record(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "OWN_METRICS", dict(metrics.OWN_METRICS))
    (example,) = examples("OWN_METRICS[")
    exec(example, dict(vars(metrics)))

    record = trained("price", "linear").record

    assert 0 <= record["metrics"]["late"] <= 1
    assert record["baseline"]["late"] == pytest.approx(0.5, abs=0.2)


def test_own_estimator_is_listed_with_the_first_line_of_its_docstring():
    (described,) = [each for each in describe_estimators() if each.name == "nearest"]

    assert described.tasks == list(Task)
    assert described.description.startswith("Nearest neighbors")


def test_own_estimator_is_compared_by_auto():
    leaderboard = [entry.estimator for entry in trained("price", "auto").record["leaderboard"]]

    assert "nearest" in leaderboard
    assert len(leaderboard) > 1


def test_estimator_by_name_trains_on_tables_that_have_the_feature():
    kept = trained("price", "by_size").record

    assert kept["estimator"] == "by_size"
    assert kept["metrics"]["r2"] > 0.9
    assert "by_size" in [entry.estimator for entry in trained("price", "auto").record["leaderboard"]]


def test_own_text_model_trains_on_texts_as_they_are():
    texts = [f"the {'fine' if row % 2 else 'poor'} report about pump {row} of the plant" for row in range(20)]
    table = Table(pl.DataFrame({"report": texts, "price": [float(row % 2) * 10 + row / 100 for row in range(20)]}))

    assert trained("price", "words", table).record["metrics"]["r2"] > 0.5


def test_estimator_by_name_says_which_feature_is_missing():
    renamed = Table(TABLE.frame.rename({"size": "length"}))

    with pytest.raises(
        Unacceptable, match="'by_size' cannot be fitted on this table: there is no feature 'size', which"
    ):
        trained("price", "by_size", renamed)
    assert "by_size" not in [entry.estimator for entry in trained("price", "auto", renamed).record["leaderboard"]]


@pytest.mark.parametrize(("target", "expected"), [("price", (3, 7.2)), ("grade", ("low", "high"))])
def test_own_estimator_trains_and_predicts_by_its_name(target: str, expected: tuple[object, object]):
    result = trained(target, "nearest")
    info = INFO.model_copy(update=dict(Record(**result.record | STORED)))
    fitted = load_version(info, result.file)

    predictions = fitted.answers.response(fitted.predict(fitted.encoder.encode(TABLE))).predictions

    assert result.record["estimator"] == "nearest"
    # The mean or majority of five neighbours, for the smallest and the largest row.
    assert (predictions[0], predictions[-1]) == expected
