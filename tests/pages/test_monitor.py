"""Monitor."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User

from main import create_app
from mlapp.errors import Unacceptable
from mlapp.schemas import DRIFT_ROWS, Format, Model, Span
from mlapp.services import Services
from mlapp.services.prediction.service import Body
from mlapp.settings import Settings
from pages import monitor
from pages.components.charts.drift import SHOWN
from pages.frame import frame
from pages.session.live_updates import Live
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import Trained, eventually, one


@pytest.fixture
async def regression(services: Services) -> Model:
    """A new active model, which nobody asked yet."""
    return await publish(services, "machines")


@pytest.fixture
async def classification(services: Services) -> Model:
    return await publish(services, "wine")


def drawn(user: User, about: str) -> ui.echart:
    """The chart that shows that."""
    (found,) = [
        chart for chart in user.find(kind=ui.echart).elements if str(chart.props["aria-label"]).startswith(about)
    ]
    return found


async def ask(http: httpx.AsyncClient, model: Model, rows: int, **changed: object) -> None:
    row = {feature.name: feature.example for feature in model.features} | changed
    answer = await http.post(f"/predict?version={model.version}", json={"records": [row] * rows})
    assert answer.status_code == 200


async def refuse(http: httpx.AsyncClient) -> None:
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 422


async def test_monitor_shows_requests_rows_latency_and_what_was_predicted(
    user: User, http: httpx.AsyncClient, regression: Model
):
    await ask(http, regression, 3)
    await refuse(http)

    await user.open("/monitor")

    await user.should_see(f"3 predictions of model {regression.version}: their mean")
    answered, refused, failed = drawn(user, "Requests").options["series"]
    assert (answered["data"][-2:] > [0, 0], sum(refused["data"]) >= 1, sum(failed["data"])) == (True, True, 0)
    floor, wide, highest, mean, lowest = drawn(user, "What was predicted").options["series"]
    (low, high) = (series["data"] for series in (lowest, highest))
    assert [value for value in low if value is not None]
    assert floor["data"] == low
    assert len(wide["data"]) == len(mean["data"]) == len(high) == 60
    assert [x for x in drawn(user, "How long").options["series"][0]["data"] if x]


async def test_monitor_shows_the_share_of_each_class(user: User, http: httpx.AsyncClient, classification: Model):
    await ask(http, classification, 4)

    await user.open("/monitor")

    await user.should_see("the share of each class")
    series = drawn(user, "What was predicted").options["series"]
    assert {each["name"] for each in series} == {"class_0", "class_1", "class_2"}
    assert max(max(x or 0 for x in each["data"]) for each in series) == 100


async def test_monitor_says_how_many_rows_drift_takes(user: User, http: httpx.AsyncClient, regression: Model):
    await ask(http, regression, 12)

    await user.open("/monitor")

    await user.should_see(f"Model {regression.version} was asked 12 rows since")
    await user.should_see(f"too few rows: 12 of {DRIFT_ROWS}")


async def test_monitor_sees_no_drift_when_the_training_table_is_asked(
    user: User, http: httpx.AsyncClient, regression: Model
):
    table = pl.read_csv(io.BytesIO((await http.get("/datasets/machines")).content)).drop(regression.target)
    answer = await http.post("/predict", content=table.write_csv(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200

    await user.open("/monitor")

    await user.should_see("What is asked looks like what it learnt from.")


async def test_monitor_lists_the_features_that_drift_most(user: User, http: httpx.AsyncClient):
    names = [f"x{place}" for place in range(SHOWN + 2)]
    rows = [{name: (row * (place + 2)) % 37 for place, name in enumerate(names)} | {"y": row % 41} for row in range(80)]
    trained = await http.post("/train", json={"records": rows, "target": "y", "estimator": "linear"})
    answer = await http.post("/predict", json={"records": [rows[0] | {"x31": 36}] * DRIFT_ROWS})
    assert (trained.status_code, answer.status_code) == (201, 200)

    await user.open("/monitor")

    await user.should_see("2 further features drift less.")


async def test_monitor_puts_the_feature_that_drifts_most_first(user: User, http: httpx.AsyncClient, regression: Model):
    await ask(http, regression, 300, age=1199)
    await user.open("/monitor")
    await user.should_see("drift strongly")

    user.find(marker="column-1").click()

    name = one(user, "chosen").text
    assert name in {feature.name for feature in regression.features}
    trained, asked = drawn(user, "How the values lay").options["series"]
    assert (trained["name"], asked["name"]) == ("In training", "Asked")


async def test_monitor_compares_categories_dates_and_gaps(user: User, http: httpx.AsyncClient, regression: Model):
    await ask(http, regression, 200, age=None)
    await user.open("/monitor")

    seen = set()
    for place in range(1, 1 + len(regression.features)):
        user.find(marker=f"column-{place}").click()
        options = drawn(user, "How the values lay").options
        seen.add((options["xAxis"]["type"], options["yAxis"]["type"]))
        if one(user, "chosen").text == "age":
            await user.should_see("Without a value: 0% in training, 100% of what is asked.")
            assert [series["name"] for series in options["series"]] == ["In training"]

    assert seen == {("value", "value"), ("time", "value"), ("value", "category")}


async def test_monitor_is_brought_up_to_date_in_place(user: User, http: httpx.AsyncClient, regression: Model):
    await ask(http, regression, 2)
    await user.open("/monitor")
    await user.should_see(f"2 predictions of model {regression.version}")
    before = drawn(user, "Requests")

    await ask(http, regression, 5)

    await eventually(lambda: f"7 predictions of model {regression.version}" in texts(user), patience_s=30)
    assert drawn(user, "Requests") is before


def texts(user: User) -> str:
    return " ".join(label.text for label in user.find(kind=ui.label).elements)


async def test_monitor_looks_at_another_model_and_at_a_day(
    user: User, http: httpx.AsyncClient, regression: Model, trained: Trained
):
    await ask(http, regression, 2)
    await ask(http, trained.classification, 1)
    await user.open("/monitor")
    await user.should_see(f"predictions of model {regression.version}")

    with user:
        one(user, "version").set_value(str(trained.classification.version))
        one(user, "span").set_value("day")

    await user.should_see(f"predictions of model {trained.classification.version}")
    await eventually(lambda: len(drawn(user, "Requests").options["series"][0]["data"]) == 96)


async def test_monitor_takes_what_to_show_from_its_address(user: User, http: httpx.AsyncClient, trained: Trained):
    await ask(http, trained.classification, 1)

    await user.open(f"/monitor?span=day&version={trained.classification.version}")

    await user.should_see(f"predictions of model {trained.classification.version}")
    assert len(drawn(user, "Requests").options["xAxis"]["data"]) == 96


async def test_monitor_of_a_model_that_is_not_there_says_so(user: User, trained: Trained):
    assert trained
    await user.open("/monitor?version=9999&span=century")

    await user.should_see("There is no such model")


async def test_monitor_follows_the_active_model(
    user: User, services: Services, http: httpx.AsyncClient, regression: Model, trained: Trained
):
    await ask(http, regression, 2)
    await user.open("/monitor")
    await user.should_see(f"Model {regression.version} was asked 2 rows")

    await services.models.activate(str(trained.classification.version))

    await eventually(lambda: f"Model {trained.classification.version} was" in texts(user), patience_s=30)


@pytest.mark.usefixtures("no_active")
async def test_monitor_counts_requests_where_there_is_no_model(user: User, http: httpx.AsyncClient):
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 503

    await user.open("/monitor")

    await user.should_see("There is no model yet.")
    failed = drawn(user, "Requests").options["series"][2]["data"]
    assert sum(failed) >= 1
    assert (await http.post("/predict", json={"records": [{}]})).status_code == 503
    await eventually(lambda: sum(drawn(user, "Requests").options["series"][2]["data"]) > sum(failed))


@pytest.fixture
async def empty(app: FastAPI, tmp_path: Path) -> AsyncIterator[Services]:
    """Services of their own, which were asked nothing yet and have no model, and the page of theirs."""
    assert app
    settings = Settings(_env_file=None, store=tmp_path / "store", demo=False)
    elsewhere = create_app(settings, pages=False)
    async with elsewhere.router.lifespan_context(elsewhere):
        services: Services = elsewhere.state.services
        site = Site(services, settings, Live(services))

        @ui.page("/monitor-of-nothing")
        async def page() -> None:
            with frame(site, "Monitor", "/monitor"):
                await monitor._Monitor(site, Span.HOUR, monitor.ACTIVE).build()

        yield services


async def test_monitor_of_an_empty_store_notices_what_comes(user: User, empty: Services):
    await user.open("/monitor-of-nothing")
    await user.should_see("Nothing was asked yet")
    await user.should_see(marker="go-train")

    spare = await publish(empty, "wine", activate=False)
    await eventually(lambda: str(spare.version) in one(user, "version").options)
    await user.should_see("Nothing was asked yet")

    model = await publish(empty, "wine")
    await user.should_see(marker="go-predict")
    await user.should_not_see(marker="go-train")
    with pytest.raises(Unacceptable):
        await empty.prediction.answer(Body(b'{"records": [{}]}', Format.JSON))

    await user.should_see(f"Model {model.version} was not asked yet; below is what it learnt from.")
