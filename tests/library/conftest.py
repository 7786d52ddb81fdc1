"""A table of ten features, and a store with a version that was trained on it."""

from pathlib import Path

import polars as pl
import pytest

import mlapp
from mlapp.tables.bundled.datasets import dataset


@pytest.fixture(scope="session")
def prices() -> pl.DataFrame:
    """A regression table; the target is `progression`."""
    return dataset("diabetes")[0].frame


@pytest.fixture(scope="session")
def filled(prices: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two models, which tests do not change."""
    folder = tmp_path_factory.mktemp("library")
    mlapp.train(prices, target="progression", estimator="linear", model="prices", store=folder)
    wine, _ = dataset("wine")
    mlapp.train(wine.frame, target="cultivar", estimator="linear", model="wine", store=folder, description="Cultivars")
    return folder


@pytest.fixture(scope="session")
def version(filled: Path) -> mlapp.Version:
    return mlapp.load("prices", store=filled)
