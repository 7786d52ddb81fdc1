"""Monitor page."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User

from main import create_app
from mlapp.errors import Unacceptable
from mlapp.schemas import Span, VersionInfo
from mlapp.services import Services
from mlapp.settings import Settings
from pages.model import monitor
from pages.frame import frame
from pages.session.live_updates import LiveUpdates
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import chart_of, predict


@pytest.fixture
async def regression(services: Services) -> VersionInfo:
    """A new active model without requests."""
    return await publish(services, "machines")


@pytest.fixture
async def classification(services: Services) -> VersionInfo:
    return await publish(services, "wine")


async def send_invalid(http: httpx.AsyncClient) -> None:
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 422


async def test_monitor_shows_requests_rows_latency_and_predictions(
    user: User, http: httpx.AsyncClient, regression: VersionInfo
):
    await predict(http, regression, 3)
    await send_invalid(http)

    await user.open("/monitor")

    await user.should_see(f"3 predictions of model {regression.version}: mean")
    succeeded, rejected, failed = chart_of(user, "Requests").options["series"]
    assert (succeeded["data"][-2:] > [0, 0], sum(rejected["data"]) >= 1, sum(failed["data"])) == (True, True, 0)
    floor, width, highest, mean, lowest = chart_of(user, "Predictions over time").options["series"]
    (low, high) = (series["data"] for series in (lowest, highest))
    assert [value for value in low if value is not None]
    assert floor["data"] == low
    assert len(width["data"]) == len(mean["data"]) == len(high) == 60
    assert [x for x in chart_of(user, "Latency").options["series"][0]["data"] if x]


async def test_monitor_shows_the_share_of_each_class(user: User, http: httpx.AsyncClient, classification: VersionInfo):
    await predict(http, classification, 4)

    await user.open("/monitor")

    await user.should_see("share of each class")
    series = chart_of(user, "Predictions over time").options["series"]
    assert {each["name"] for each in series} == {"class_0", "class_1", "class_2"}
    assert max(max(x or 0 for x in each["data"]) for each in series) == 100


async def test_monitor_is_updated_in_place(user: User, http: httpx.AsyncClient, regression: VersionInfo):
    await predict(http, regression, 2)
    await user.open("/monitor")
    await user.should_see(f"2 predictions of model {regression.version}")
    before = chart_of(user, "Requests")

    await predict(http, regression, 5)

    await eventually(lambda: f"7 predictions of model {regression.version}" in texts(user), timeout_s=30)
    assert chart_of(user, "Requests") is before


def texts(user: User) -> str:
    return " ".join(label.text for label in user.find(kind=ui.label).elements)


async def test_monitor_shows_another_model_and_another_span(
    user: User, http: httpx.AsyncClient, regression: VersionInfo, trained: TrainedVersions
):
    await predict(http, regression, 2)
    await predict(http, trained.classification, 1)
    await user.open("/monitor")
    await user.should_see(f"predictions of model {regression.version}")

    with user:
        one(user, "version").set_value(str(trained.classification.version))
        one(user, "span").set_value("day")

    await user.should_see(f"predictions of model {trained.classification.version}")
    await eventually(lambda: len(chart_of(user, "Requests").options["series"][0]["data"]) == 96)


async def test_monitor_reads_span_and_version_from_the_query(
    user: User, http: httpx.AsyncClient, trained: TrainedVersions
):
    await predict(http, trained.classification, 1)

    await user.open(f"/monitor?span=day&version={trained.classification.version}")

    await user.should_see(f"predictions of model {trained.classification.version}")
    assert len(chart_of(user, "Requests").options["xAxis"]["data"]) == 96


async def test_monitor_of_an_unknown_model_is_not_found(user: User, trained: TrainedVersions):
    assert trained
    await user.open("/monitor?version=9999&span=century")

    await user.should_see("Model not found")


async def test_monitor_follows_the_active_model(
    user: User, services: Services, http: httpx.AsyncClient, regression: VersionInfo, trained: TrainedVersions
):
    await predict(http, regression, 2)
    await user.open("/monitor")
    await user.should_see(f"Model {regression.version} has predicted 2 rows")

    await services.models.activate(str(trained.classification.version))

    await eventually(lambda: f"Model {trained.classification.version} has" in texts(user), timeout_s=30)


@pytest.mark.usefixtures("no_active")
async def test_monitor_without_a_model_counts_requests(user: User, http: httpx.AsyncClient):
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 503

    await user.open("/monitor")

    await user.should_see("No model yet.")
    failed = chart_of(user, "Requests").options["series"][2]["data"]
    assert sum(failed) >= 1
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 503
    await eventually(lambda: sum(chart_of(user, "Requests").options["series"][2]["data"]) > sum(failed))


@pytest.fixture
async def empty(app: FastAPI, tmp_path: Path) -> AsyncIterator[Services]:
    """Services without a model or requests, and their monitor page."""
    assert app
    settings = Settings(_env_file=None, store=tmp_path / "store", demo=False)
    second = create_app(settings, pages=False)
    async with second.router.lifespan_context(second):
        services: Services = second.state.services
        site = Site(services, settings, LiveUpdates(services))

        @ui.page("/monitor-of-empty-store")
        async def page() -> None:
            with frame(site, "Monitor", "/monitor"):
                await monitor._Monitor(site, Span.HOUR, monitor.ACTIVE).build()

        yield services


async def test_monitor_of_an_empty_store_follows_changes(user: User, empty: Services):
    await user.open("/monitor-of-empty-store")
    await user.should_see("No requests yet")
    await user.should_see(marker="go-train")

    inactive = await publish(empty, "wine", activate=False)
    await eventually(lambda: str(inactive.version) in one(user, "version").options)
    await user.should_see("No requests yet")

    model = await publish(empty, "wine")
    await user.should_see(marker="go-predict")
    await user.should_not_see(marker="go-train")
    with pytest.raises(Unacceptable):
        await empty.prediction.answer([{}])

    await user.should_see(f"Model {model.version} has had no requests yet")
