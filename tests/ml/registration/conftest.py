"""A table of orders, a pipeline that was fitted on it, and its registration."""

import time
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlapp.library.tables import to_polars
from mlapp.ml.inference.fitted_version import FittedVersion, load_version
from mlapp.ml.registration.register import register_pipeline
from mlapp.ml.training.train import Trained
from mlapp.schemas import TrainOptions
from mlapp.tables.formats.arrow import frame_table
from mlapp.tables.table import Table
from tests.fitted import info_of

ROWS = 80
FEATURES = ["price", "count", "city", "review"]


def orders() -> pl.DataFrame:
    random = np.random.default_rng(0)
    words = ["broken", "refund", "great", "fast", "slow", "delivery", "again", "never", "quality"]
    price, reviews = random.normal(50, 10, ROWS), [" ".join(random.choice(words, 9)) for _ in range(ROWS)]
    return pl.DataFrame(
        {
            "price": price,
            "count": random.integers(1, 9, ROWS),
            "city": random.choice(["Bonn", "NA", "Ulm"], ROWS),
            "review": reviews,
            "returned": np.where(["refund" in text for text in reviews], "yes", "no"),
            "total": price * 2 + random.normal(size=ROWS),
        }
    )


def numbers_and_texts() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["price", "count"]),
            ("city", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("review", TfidfVectorizer(), "review"),
        ]
    )


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    return orders()


@pytest.fixture(scope="session")
def pipeline(table: pl.DataFrame) -> Pipeline:
    steps = [("columns", numbers_and_texts()), ("forest", RandomForestClassifier(8, random_state=0, n_jobs=2))]
    return Pipeline(steps).fit(table[FEATURES], table["returned"])


def register(pipeline: Any, frame: Any, target: str, table: Table | None = None, **options: Any) -> Trained:
    """Register a pipeline with a polars or pandas frame, or with the table of a file and no frame."""
    chosen = TrainOptions(target=target, **options)
    read = table or frame_table(to_polars(frame), chosen, training=True)
    return register_pipeline(pipeline, read, chosen, time.perf_counter, lambda _stage, _share: None, frame)


def loaded(trained: Trained) -> FittedVersion:
    return load_version(info_of(trained), trained.file)


@pytest.fixture(scope="session")
def registered(pipeline: Pipeline, table: pl.DataFrame) -> Trained:
    return register(pipeline, table.drop("total"), "returned")


@pytest.fixture(scope="session")
def fitted(registered: Trained) -> FittedVersion:
    return loaded(registered)
