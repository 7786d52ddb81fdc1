"""Models page, the home page."""

import asyncio
from typing import Any

import httpx
import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import DataSource, ModelPatch
from mlapp.services import Services
from tests.fitted import fit, publish
from tests.pages.conftest import TrainedVersions, drop, one
from tests.pages.steps import confirm, damage_active_version, predict
from tests.services.misbehaving import add_unloadable

pytestmark = pytest.mark.usefixtures("no_models")
TABLE = b"size,price\n" + b"".join(b"%d,%d\n" % (n, 2 * n) for n in range(20))


async def publish_demo(services: Services) -> None:
    """Add the example, as the first start does."""
    fitted = fit("machines")
    add = services.models.store.add
    await asyncio.to_thread(add, "machines", fitted.file, fitted.record, activate_by="start", demo=True)


def texts(user: User, model: str, marker: str = "") -> list[str]:
    """Return the texts of a card, or of its parts with a mark."""
    (card,) = user.find(marker=f"model-{model}").elements
    found: list[Any] = [each for each in card.descendants() if marker in each._markers or not marker]
    return [each.text for each in found if getattr(each, "text", "")]


async def test_home_says_what_the_app_is_and_offers_a_table(user: User):
    await user.open("/")

    await user.should_see("learns to predict one of its columns")
    await user.should_see(marker="file")
    await user.should_see(marker="sample-wine")
    await user.should_not_see(marker="search")
    assert one(user, "sample-wine").props["href"] == "/train?dataset=wine"


async def test_card_says_what_a_model_predicts_how_well_and_from_which_file(user: User, services: Services):
    source, warnings = DataSource(file="wines.xlsx"), ["'id' is left out."]
    await publish(services, "wine", "wines", source=source, warnings=warnings)

    await user.open("/")

    await user.should_see("Predicts cultivar from 13 columns")
    shown = texts(user, "wines")
    assert {"wines", "default", "version 1", "wines.xlsx", "trained just now", "1 warning"} <= {*shown}
    assert texts(user, "wines", "verdict")[0].startswith("Correct in ")
    links = [link.props["href"] for link in user.find(kind=ui.link).elements]
    assert {"/models/wines", "/models/wines/predict", "/models/wines/versions"} <= {*links}


async def test_card_of_a_poor_model_says_so(user: User, services: Services):
    baseline = dict(fit("diabetes").record.baseline)
    await publish(services, "diabetes", "poor", source=None, metrics=baseline)

    await user.open("/")

    await user.should_see("table without a name")
    assert texts(user, "poor", "verdict")


async def test_dropped_file_is_loaded_on_the_train_page(user: User):
    await user.open("/")

    await drop(user, "houses.csv", TABLE)

    await user.should_see("Choose a table and the column to predict")
    await user.should_see(content="houses.csv", marker="table-name")


async def test_models_trained_activated_and_deleted_elsewhere_are_shown(user: User, services: Services):
    await user.open("/")
    await publish(services, "wine")
    await user.should_see(marker="model-wine")

    second = await publish(services, "wine")
    await user.should_see(f"version {second.version}")
    await services.models.delete("wine")

    await user.should_not_see(marker="model-wine")


async def test_requests_are_counted_live(user: User, services: Services, http: httpx.AsyncClient):
    info = await publish(services, "wine", "consulted")
    await user.open("/")
    await user.should_see("0 requests in the last day")

    await predict(http, info, rows=1)

    await user.should_see("1 request in the last day")


async def test_example_can_be_removed(user: User, services: Services):
    await publish_demo(services)
    await user.open("/")
    await user.should_see("example")

    user.find(marker="remove-machines").click()
    await user.should_see("Remove the example machines?")
    confirm(user, "Remove")

    await user.should_see("machines is removed")
    await user.should_not_see(marker="model-machines")
    assert (await services.models.list()).models == []


async def test_example_that_is_the_default_model_of_others_is_not_removed(user: User, services: Services):
    await publish_demo(services)
    await publish(services, "wine")
    await services.models.update("machines", ModelPatch(default=True))
    await user.open("/")

    user.find(marker="remove-machines").click()
    await user.should_see("Remove the example machines?")
    confirm(user, "Remove")

    await user.should_see("is the default model")
    await user.should_see(marker="model-machines")


async def test_model_without_an_active_version_says_so(user: User, services: Services):
    await publish(services, "wine", "idle", activate=False)

    await user.open("/")

    await user.should_see("No version is active")
    assert texts(user, "idle", "question") == ["Predicts cultivar from 13 columns"]


async def test_damaged_active_version_is_said(user: User, services: Services, caplog: pytest.LogCaptureFixture):
    await publish(services, "wine", "hurt")
    damage_active_version(services.models.store, "hurt")

    await user.open("/")

    await user.should_see("The record of version 900 is damaged")
    caplog.clear()


async def test_model_without_a_readable_version_is_shown(user: User, services: Services):
    await publish(services, "wine")
    info = await publish(services, "wine", "broken")
    damage_active_version(services.models.store, "broken")
    await services.models.delete_version("broken", str(info.version))

    await user.open("/")

    await user.should_see("The record of version 900 is damaged")
    assert texts(user, "broken", "question") == []


async def test_active_version_that_could_not_be_loaded_is_said(
    user: User, services: Services, caplog: pytest.LogCaptureFixture
):
    info, store = await publish(services, "wine", "unloadable"), services.models.store
    await services.prediction.fitted("unloadable")
    store.activate("unloadable", add_unloadable(store, "unloadable", info.version))
    await services.prediction.refresh("unloadable")

    await user.open("/")

    await user.should_see(marker="problem")
    assert any("cannot be loaded" in text for text in texts(user, "unloadable")), texts(user, "unloadable")
    caplog.clear()


async def test_predict_redirects_to_the_default_model_with_its_query(user: User, services: Services):
    await publish(services, "wine")

    answer = await user.http_client.get("/predict?version=1", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "models/wine/predict?version=1")


async def test_shortened_address_of_a_model_leads_home(user: User):
    answer = await user.http_client.get("/models", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "./")


async def test_predict_without_a_model_redirects_home(user: User):
    answer = await user.http_client.get("/predict", follow_redirects=False)

    assert answer.headers["location"] == "./"


@pytest.mark.usefixtures("endless")
async def test_running_training_is_shown(user: User, trained: TrainedVersions):
    assert trained
    await user.open("/")

    await user.should_see(marker="trainings")
    # The first training of a test run loads the libraries; it cannot be cancelled meanwhile.
    await user.should_see("part 1 of 5", retries=300)
