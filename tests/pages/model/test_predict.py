"""Predict tab."""

import httpx
import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.presentation.formats import format_number
from mlapp.schemas import Span, VersionInfo
from mlapp.services import Services
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, one
from tests.pages.steps import add_inactive
from tests.services.misbehaving import add_unloadable

PREDICT = "/models/machines/predict"


async def test_predict_shows_the_prediction_of_the_api_for_the_example(
    user: User, http: httpx.AsyncClient, services: Services, trained: TrainedVersions
):
    info = trained.regression
    row = {feature.name: feature.example for feature in info.features}
    answer = (await http.post("/models/machines/predict", json={"records": [row]})).json()

    await user.open(PREDICT)

    await user.should_see(content=format_number(answer["predictions"][0]), marker="prediction")
    await user.should_see("in about 90% of cases")


async def test_values_that_are_tried_out_are_not_counted_as_traffic(
    user: User, services: Services, trained: TrainedVersions
):
    before = (await services.monitoring.traffic(Span.HOUR, "machines")).total.requests
    await user.open(PREDICT)
    await user.should_see("in about 90% of cases")

    with user:
        one(user, "feature-0").set_value(99999)

    await user.should_see(content="99999 is outside 30–1199 seen in training", marker="warning")
    assert (await services.monitoring.traffic(Span.HOUR, "machines")).total.requests == before


async def test_predict_warns_of_a_value_outside_the_training_range(user: User, trained: TrainedVersions):
    await user.open(PREDICT)

    with user:
        one(user, "feature-0").set_value(99999)

    await user.should_see(content="99999 is outside 30–1199 seen in training", marker="warning")


@pytest.mark.parametrize(("model", "field"), [("machines", "feature-0"), ("wine", "feature-0")])
async def test_predict_claims_nothing_for_a_row_unlike_the_training_table(
    user: User, trained: TrainedVersions, model: str, field: str
):
    await user.open(f"/models/{model}/predict")
    await user.should_not_see("Not verified here")

    with user:
        one(user, field).set_value(99999)

    await user.should_see(content="Not verified here", marker="coverage")
    await user.should_not_see("in about 90% of cases")


async def test_predict_treats_an_empty_field_as_missing(user: User, trained: TrainedVersions):
    await user.open(PREDICT)

    with user:
        one(user, "feature-0").set_value(None)

    await user.should_see(content="is missing; training saw no row without it", marker="warning")


async def test_predict_shows_the_error_of_an_invalid_value(user: User, trained: TrainedVersions):
    await user.open(PREDICT)

    with user:
        one(user, "feature-4").set_value("yesterday")

    await user.should_see(content="'yesterday' is not a date or time", marker="prediction-error")


async def test_predict_shows_classes_with_probabilities(user: User, trained: TrainedVersions):
    await user.open("/models/wine/predict")

    await user.should_see(content="class_0", marker="prediction")
    await user.should_see(content="> 99.9%", marker="probability")


async def test_predict_links_to_the_code(user: User, trained: TrainedVersions):
    await user.open(PREDICT)

    user.find(marker="to-api").click()

    await user.should_see(content="/models/machines/predict", marker="address")


async def test_predict_without_an_api_has_no_link_to_code(
    user: User, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Site, "api", property(lambda _: False))

    await user.open(PREDICT)

    await user.should_see(marker="prediction-card")
    await user.should_not_see(marker="to-api")


async def test_predict_of_a_version_uses_that_version(user: User, services: Services, trained: TrainedVersions):
    info = await publish(services, "machines", activate=False)

    await user.open(f"{PREDICT}?version={info.version}")

    await user.should_see("This version is not active.")
    assert one(user, "version").options[info.version] == f"Version {info.version}"
    await services.models.activate("machines", str(info.version))
    await user.should_see("This version is active.")
    await services.models.activate("machines", str(trained.regression.version))


async def test_predict_of_an_unknown_version_is_not_found(user: User, trained: TrainedVersions):
    answer = await user.http_client.get(f"{PREDICT}?version=9999")

    assert answer.status_code == 404
    assert "Version not found" in answer.text
    assert "no version 9999." in answer.text


async def test_predict_of_a_version_that_cannot_be_loaded_says_why(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    broken = add_unloadable(services.models.store, "machines", trained.regression.version)

    await user.open(f"{PREDICT}?version={broken}")

    await user.should_see("This version cannot be used")
    await user.should_see("a screw is loose")
    await user.should_see(marker="go-models-machines-versions")
    await services.models.delete_version("machines", str(broken))
    caplog.clear()  # The log of the broken version.


async def test_predict_without_an_active_version_leads_to_the_versions(user: User, services: Services):
    version = await add_inactive(services, "unused")

    await user.open("/models/unused/predict")

    await user.should_see("No version is active")
    await user.should_see(marker="go-models-unused-versions")
    await user.open(f"/models/unused/predict?version={version}")
    await user.should_see(content="class_0", marker="prediction")
    await services.models.delete("unused")


async def test_predict_shows_boolean_classes(user: User, http: httpx.AsyncClient):
    rows = [{"x": n, "empty": None, "y": n % 2 == 0} for n in range(20)]
    options = {"records": rows, "target": "y", "estimator": "linear", "features": ["x", "empty"]}
    assert (await http.post("/models/even/train", json=options)).status_code == 201

    await user.open("/models/even/predict")

    await user.should_see(content="%", marker="probability")
    assert one(user, "prediction").text in ("y = true", "y = false")


async def test_predict_shows_the_most_likely_of_many_classes(user: User, http: httpx.AsyncClient):
    rows = [{"x": n % 12, "y": f"class {n % 12}"} for n in range(60)]
    options = {"records": rows, "target": "y", "estimator": "linear"}
    assert (await http.post("/models/dozen/train", json=options)).status_code == 201

    await user.open("/models/dozen/predict")

    await user.should_see("and 4 more classes")


async def test_predict_says_when_another_version_is_activated(user: User, services: Services, trained: TrainedVersions):
    await user.open(PREDICT)
    await user.should_see("in about 90% of cases")

    info = await publish(services, "machines")

    await user.should_see(f"Version {info.version} is now active; this page still uses version")
    await user.should_see(marker="switch")
    await services.models.activate("machines", str(trained.regression.version))
    await user.should_not_see(marker="switch")


async def test_predict_opens_the_selected_version(user: User, rich: VersionInfo):
    await user.open("/models/rich/predict")
    await user.should_see(marker="version")

    with user:
        one(user, "version").set_value(rich.version)

    await user.should_see("This version is active.")
    with user:
        one(user, "version").set_value(0)
    await user.should_not_see("This version is active.")


async def test_predict_of_a_deleted_model_says_so(user: User, services: Services):
    await publish(services, "wine", "gone")
    await user.open("/models/gone/predict")
    await user.should_see(marker="prediction-card")

    await services.models.delete("gone")

    await user.should_see("gone was deleted")
    await user.should_not_see(marker="prediction-card")


async def test_tab_is_in_the_address_for_a_reload(user: User, trained: TrainedVersions):
    await user.open(f"{PREDICT}?tab=file")

    assert one(user, "tab-file").parent_slot.parent.value == "file"
    await user.should_see("Predict a file")
    await user.should_not_see("Another example")


async def test_phones_show_the_prediction_in_a_line_that_stays(user: User, trained: TrainedVersions):
    await user.open(PREDICT)
    await user.should_see("in about 90% of cases")
    line = one(user, "prediction-bar")

    with user:
        one(user, "feature-0").set_value(99999)
    await user.should_see(content="99999 is outside", marker="warning")

    assert one(user, "prediction").text in [label.text for label in line.descendants() if isinstance(label, ui.label)]
    await user.open("/models/wine/predict")
    await user.should_see(content="%", marker="probability")
    texts = [label.text for label in one(user, "prediction-bar").descendants() if isinstance(label, ui.label)]
    assert texts[:2] == ["cultivar", one(user, "prediction").text]
    assert texts[2].endswith("%")
