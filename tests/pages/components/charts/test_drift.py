"""Drift charts of the Monitor page."""

import io

import httpx
import polars as pl
import pytest
from nicegui.testing import User

from mlapp.schemas import DRIFT_ROWS, VersionInfo
from mlapp.services import Services
from pages.components.charts.drift import MAX_CATEGORIES, MAX_FEATURES
from tests.fitted import publish
from tests.pages.conftest import one
from tests.pages.steps import chart_of, predict


@pytest.fixture
async def regression(services: Services) -> VersionInfo:
    """A new active version without requests."""
    return await publish(services, "machines")


async def test_monitor_says_how_many_rows_drift_needs(user: User, http: httpx.AsyncClient, regression: VersionInfo):
    await predict(http, regression, 12)

    await user.open("/models/machines/monitor")

    await user.should_see(f"Version {regression.version} has predicted 12 rows since")
    await user.should_see(f"At least {DRIFT_ROWS} rows are needed")
    await user.should_see(content="too few rows to tell", marker="headline")


async def test_monitor_shows_no_drift_for_the_training_table(
    user: User, http: httpx.AsyncClient, regression: VersionInfo
):
    table = pl.read_csv(io.BytesIO((await http.get("/datasets/machines")).content)).drop(regression.target)
    answer = await http.post(
        "/models/machines/predict", content=table.write_csv(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200

    await user.open("/models/machines/monitor")

    await user.should_see("Requests look like the training data.")


async def test_monitor_lists_the_features_with_the_most_drift(user: User, http: httpx.AsyncClient):
    names = [f"x{index}" for index in range(MAX_FEATURES + 2)]
    rows = [{name: (row * (index + 2)) % 37 for index, name in enumerate(names)} | {"y": row % 41} for row in range(80)]
    trained = await http.post(
        "/models/many-features/train", json={"records": rows, "target": "y", "estimator": "linear"}
    )
    answer = await http.post("/models/many-features/predict", json={"records": [rows[0] | {"x31": 36}] * DRIFT_ROWS})
    assert (trained.status_code, answer.status_code) == (201, 200)

    await user.open("/models/many-features/monitor")

    await user.should_see("2 more columns with less drift")


async def test_monitor_puts_the_feature_with_the_most_drift_first(
    user: User, http: httpx.AsyncClient, regression: VersionInfo
):
    await predict(http, regression, 300, age=1199)
    await user.open("/models/machines/monitor")
    await user.should_see("drift strongly")

    user.find(marker="column-1").click()

    name = one(user, "selected-column").text
    assert name in {feature.name for feature in regression.features}
    training, requests = chart_of(user, "Distribution in training").options["series"]
    assert (training["name"], requests["name"]) == ("Training", "Requests")


async def test_monitor_compares_categories_dates_and_missing_values(
    user: User, http: httpx.AsyncClient, regression: VersionInfo
):
    await predict(http, regression, 200, age=None)
    await user.open("/models/machines/monitor")

    seen = set()
    for index in range(1, 1 + len(regression.features)):
        user.find(marker=f"column-{index}").click()
        options = chart_of(user, "Distribution in training").options
        seen.add((options["xAxis"]["type"], options["yAxis"]["type"]))
        if one(user, "selected-column").text == "age":
            await user.should_see("Missing: 0% in training, 100% in requests.")
            assert [series["name"] for series in options["series"]] == ["Training"]

    assert seen == {("value", "value"), ("time", "value"), ("value", "category")}


async def test_monitor_sums_up_rare_categories(user: User, http: httpx.AsyncClient):
    rows = [{"kind": chr(97 + row % 15), "y": row} for row in range(150)]
    trained = await http.post("/models/rare/train", json={"records": rows, "target": "y", "estimator": "linear"})
    answer = await http.post("/models/rare/predict", json={"records": rows[:30]})
    assert (trained.status_code, answer.status_code) == (201, 200)
    await user.open("/models/rare/monitor")

    user.find(marker="column-1").click()

    options = chart_of(user, "Distribution in training").options
    assert len(options["yAxis"]["data"]) == MAX_CATEGORIES + 1
    assert [(series["name"], series["data"][-1]) for series in options["series"]] == [
        ("Training", 20.0),
        ("Requests", 20.0),
    ]
