"""Recipes that get texts as they are."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from mlapp.ml import estimators
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.ml.preprocessing import FeatureColumns, beside_texts, one_hot
from mlapp.ml.recipe import Recipe
from mlapp.schemas import Task
from mlapp.tables.table import Table
from tests.ml.conftest import Fitting, Training

GOOD, BAD = ("lovely quiet rooms and kind people", "loud dirty rooms and rude people")


def reviews(rows: int = 120) -> pl.DataFrame:
    """Reviews whose words decide the stars, some of which are missing, beside a number and a category."""
    random = np.random.default_rng(0)
    good = random.uniform(size=rows) < 0.5
    texts = [f"{GOOD if is_good else BAD} in room number {row} of this house" for row, is_good in enumerate(good)]
    size = random.uniform(1, 9, rows).round(2)
    return pl.DataFrame(
        {
            "review": [None if row % 15 == 7 else text for row, text in enumerate(texts)],
            "size": size,
            "kind": np.array(["flat", "house"])[random.integers(0, 2, rows)],
            "stars": np.where(good, "five", "one"),
            "price": (10 * good + size + random.normal(0, 0.1, rows)).round(2),
        }
    )


def words(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    model = Ridge() if task is Task.REGRESSION else LogisticRegression(random_state=seed)
    return make_pipeline(beside_texts(columns, one_hot(columns), TfidfVectorizer()), model)


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(estimators.ESTIMATORS, "words", Recipe(words, raw_texts=True))


def predicted(fitted: FittedVersion, frame: pl.DataFrame) -> np.ndarray:
    return fitted.predict(fitted.encoder.encode(Table(frame)))


@pytest.mark.parametrize(("target", "left_out"), [("stars", "price"), ("price", "stars")])
def test_recipe_learns_from_the_words_of_texts(fitting: Fitting, target: str, left_out: str):
    frame = reviews()

    fitted = fitting(frame, target, estimator="words", exclude=[left_out])

    metrics = fitted.info.metrics
    assert metrics.get("accuracy", metrics.get("r2", 0)) > 0.8
    assert fitted.info.importance[0].feature == "review"
    tfidf = fitted.parts.estimator
    while not hasattr(tfidf, "steps"):
        tfidf = tfidf.estimator
    assert "lovely" in tfidf[0].named_transformers_["text 3"][-1].vocabulary_


def test_each_row_answers_as_it_would_alone_with_reasons_that_add_up(fitting: Fitting):
    frame = reviews()
    fitted = fitting(frame, "price", estimator="words", exclude=["stars"])
    rows = pl.DataFrame(
        {
            "review": [GOOD, BAD, None, "never seen"],
            "size": [5.0, 5.0, None, 5.0],
            "kind": ["flat", "flat", "tent", None],
        }
    )

    together = predicted(fitted, rows)

    alone = np.concatenate([predicted(fitted, rows[row : row + 1]) for row in range(len(rows))])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert together[0, 0] > together[1, 0] + 5
    x = fitted.encoder.encode(Table(rows[:2]))
    batch = fitted.predict_batch([x])
    np.testing.assert_allclose(batch.predicted, together[:2], rtol=1e-12)
    for explanation, value in zip(fitted.explain(x, batch.predicted), together[:2, 0], strict=True):
        assert explanation.base + sum(explanation.contributions.values()) == pytest.approx(value)
        assert max(explanation.contributions, key=lambda name: abs(explanation.contributions[name])) == "review"


def test_auto_does_not_try_it_on_tables_with_texts(training: Training, monkeypatch: pytest.MonkeyPatch):
    found = {"words": estimators.ESTIMATORS["words"], "plain": Recipe(lambda *_: DummyClassifier())}
    monkeypatch.setattr(estimators, "ESTIMATORS", found)

    def tried(frame: pl.DataFrame) -> bool:
        record = training(frame, "stars", estimator="auto", exclude=["price"], budget_s=10_000).record
        return "words" in [entry.estimator for entry in record["leaderboard"]]

    assert not tried(reviews(40))
    assert tried(reviews(40).drop("review"))


def test_table_without_texts_and_categories_has_numbers_only(fitting: Fitting):
    fitted = fitting(reviews(40), "price", estimator="words", features=["size"])

    assert fitted.parts.texts == ()
    assert fitted.parts.background.dtype == float
