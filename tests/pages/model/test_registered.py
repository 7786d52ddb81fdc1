"""Pages of pipelines that were fitted elsewhere, and claim no interval."""

import asyncio

import numpy as np
import polars as pl
import pytest
from nicegui.testing import User
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge

import mlapp
from mlapp.services import Services
from tests.pages.conftest import one

MODEL = "registered-elsewhere"
TABLE = pl.DataFrame({"size": np.arange(40.0), "kind": ["a", "b"] * 20, "cost": np.arange(40.0) * 3 + 1})


@pytest.fixture
async def registered(services: Services) -> str:
    """A model whose version cannot be fitted again."""
    store = services.models.store
    if MODEL not in store.names():
        pipeline = FrozenEstimator(Ridge().fit(TABLE[["size"]], TABLE["cost"]))
        await asyncio.to_thread(mlapp.register, pipeline, TABLE, target="cost", model=MODEL, store=store.folder)
    return MODEL


async def test_prediction_without_an_interval_says_so(user: User, registered: str):
    await user.open(f"/models/{registered}/predict")

    await user.should_see(content="without an interval", marker="interval")
    assert one(user, "coverage").text == ""
    await user.should_see(marker="curve")
    assert one(user, "curve").options["series"][-1]["name"] == "cost"


async def test_version_page_says_that_it_was_registered(user: User, registered: str):
    await user.open(f"/models/{registered}/versions/1")

    await user.should_see(content="registered", marker="registered")
    await user.should_see("May have been seen: off by")
    await user.should_see("fitted elsewhere and registered with 40 rows")
