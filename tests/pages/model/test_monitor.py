"""Monitor tab."""

import httpx
import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, chart_of, predict

MONITOR = "/models/machines/monitor"


@pytest.fixture
async def regression(services: Services) -> VersionInfo:
    """A new active version without requests."""
    return await publish(services, "machines")


@pytest.fixture
async def classification(services: Services) -> VersionInfo:
    return await publish(services, "wine")


async def send_invalid(http: httpx.AsyncClient, model: str) -> None:
    assert (await http.post(f"/models/{model}/predict", json={"records": [{}]})).status_code == 422


def texts(user: User) -> str:
    return " ".join(label.text for label in user.find(kind=ui.label).elements)


async def test_monitor_shows_requests_rows_latency_and_predictions(
    user: User, http: httpx.AsyncClient, regression: VersionInfo
):
    await predict(http, regression, 3)
    await send_invalid(http, "machines")

    await user.open(MONITOR)

    await user.should_see(f"3 predictions of version {regression.version}: mean")
    succeeded, rejected, failed = chart_of(user, "Requests").options["series"]
    assert (succeeded["data"][-2:] > [0, 0], sum(rejected["data"]) >= 1, sum(failed["data"])) == (True, True, 0)
    floor, width, highest, mean, lowest = chart_of(user, "Predictions over time").options["series"]
    (low, high) = (series["data"] for series in (lowest, highest))
    assert [value for value in low if value is not None]
    assert floor["data"] == low
    assert len(width["data"]) == len(mean["data"]) == len(high) == 60
    assert [x for x in chart_of(user, "Latency").options["series"][0]["data"] if x]


async def test_monitor_counts_the_requests_to_its_model_only(user: User, http: httpx.AsyncClient, services: Services):
    first, second = await publish(services, "wine", "asked"), await publish(services, "wine", "also-asked")
    await predict(http, first, 2)
    await predict(http, second, 5)
    await send_invalid(http, "also-asked")

    await user.open("/models/asked/monitor")

    await user.should_see(f"2 predictions of version {first.version}")
    succeeded, rejected, _ = chart_of(user, "Requests").options["series"]
    assert (sum(succeeded["data"]), sum(rejected["data"])) == (1, 0)
    for info in (first, second):
        await services.models.delete(info.model)


async def test_monitor_shows_the_share_of_each_class(user: User, http: httpx.AsyncClient, classification: VersionInfo):
    await predict(http, classification, 4)

    await user.open("/models/wine/monitor")

    await user.should_see("share of each class")
    series = chart_of(user, "Predictions over time").options["series"]
    assert {each["name"] for each in series} == {"class_0", "class_1", "class_2"}
    assert max(max(x or 0 for x in each["data"]) for each in series) == 100


async def test_monitor_is_updated_in_place(user: User, http: httpx.AsyncClient, regression: VersionInfo):
    await predict(http, regression, 2)
    await user.open(MONITOR)
    await user.should_see(f"2 predictions of version {regression.version}")
    before = chart_of(user, "Requests")

    await predict(http, regression, 5)

    await eventually(lambda: f"7 predictions of version {regression.version}" in texts(user))
    assert chart_of(user, "Requests") is before


async def test_monitor_shows_another_version_and_another_span(
    user: User, http: httpx.AsyncClient, regression: VersionInfo, trained: TrainedVersions
):
    await predict(http, regression, 2)
    await predict(http, trained.regression, 1)
    await user.open(MONITOR)
    await user.should_see(f"predictions of version {regression.version}")

    with user:
        one(user, "version").set_value(str(trained.regression.version))
        one(user, "span").set_value("day")

    await user.should_see(f"of version {trained.regression.version}:")
    await eventually(lambda: len(chart_of(user, "Requests").options["series"][0]["data"]) == 96)


async def test_monitor_reads_span_and_version_from_the_query(
    user: User, http: httpx.AsyncClient, trained: TrainedVersions
):
    version = trained.classification.version
    await predict(http, trained.classification, 1)

    await user.open(f"/models/wine/monitor?span=day&version={version}")

    await user.should_see(f"of version {version}")
    assert len(chart_of(user, "Requests").options["xAxis"]["data"]) == 96


async def test_monitor_of_an_unknown_version_says_so(user: User, trained: TrainedVersions):
    await user.open(f"{MONITOR}?version=9999&span=century")

    await user.should_see("Version not found")
    await user.should_see(marker="missing-version")


async def test_monitor_follows_the_active_version(
    user: User, services: Services, http: httpx.AsyncClient, regression: VersionInfo
):
    await predict(http, regression, 2)
    await user.open(MONITOR)
    await user.should_see(f"Version {regression.version} has predicted 2 rows")

    other = await publish(services, "machines")

    await eventually(lambda: f"Version {other.version} has had no requests yet" in texts(user))


async def test_monitor_of_a_deleted_version_says_so(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services, "machines")
    await user.open(f"{MONITOR}?version={version}")
    await user.should_see(f"Version {version} has had no requests yet")

    await services.models.delete_version("machines", str(version))

    await user.should_see("Version not found")


async def test_monitor_of_a_model_without_requests_follows_the_first_one(
    user: User, services: Services, http: httpx.AsyncClient
):
    version = await add_inactive(services, "quiet")
    await user.open("/models/quiet/monitor")
    await user.should_see("No requests yet")
    assert (await http.post("/models/quiet/predict", json={"records": [{}]})).status_code == 404
    await user.should_see("No version is active.")
    before = chart_of(user, "Requests")
    assert (await http.post("/models/quiet/predict", json={"records": [{}]})).status_code == 404
    await eventually(lambda: sum(before.options["series"][1]["data"]) == 2)

    info = await services.models.activate("quiet", str(version))
    await user.should_see("Version 1 has had no requests yet")
    await predict(http, info, 3)

    await eventually(lambda: "Version 1 has predicted 3 rows" in texts(user))
    await services.models.delete("quiet")


async def test_monitor_without_requests_leads_to_the_predict_tab(user: User, services: Services):
    await publish(services, "wine", "untouched")
    await user.open("/models/untouched/monitor")
    await user.should_see("No requests yet")

    user.find(marker="go-models-untouched-predict").click()

    await user.should_see(marker="prediction-card")
    await services.models.delete("untouched")
