"""Predict page."""

import json
import shlex

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from pages.session.site import Site
from tests.pages.conftest import TrainedVersions, one


async def test_predict_shows_the_prediction_of_the_api_for_the_example(
    user: User, http: httpx.AsyncClient, services: Services, trained: TrainedVersions
):
    model = await services.models.activate(str(trained.regression.version))
    row = {feature.name: feature.example for feature in model.features}
    answer = (await http.post("/predict", json={"records": [row]})).json()

    await user.open("/predict")

    await user.should_see(content=f"{answer['predictions'][0]:,.0f}", marker="prediction")
    await user.should_see("in about 90% of cases")


async def test_predict_warns_of_a_value_outside_the_training_range(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/predict")

    with user:
        one(user, "feature-0").set_value(99999)

    await user.should_see(content="99999 is outside 30–1199 seen in training", marker="warning")


async def test_predict_without_an_api_shows_no_code(
    user: User, services: Services, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Site, "api", property(lambda _: False))
    await services.models.activate(str(trained.regression.version))
    await user.open("/predict")

    with user:
        one(user, "feature-0").set_value(99999)

    await user.should_see(content="99999 is outside 30–1199 seen in training", marker="warning")
    await user.should_not_see("Use it from code")


async def test_predict_treats_an_empty_field_as_missing(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open("/predict")

    with user:
        one(user, "feature-4").set_value("")
        one(user, "feature-0").set_value(None)

    await user.should_see(content="is missing; training saw no row without it", marker="warning")
    await user.should_see(content='"last_service": null', marker="curl")


async def test_predict_shows_the_error_of_an_invalid_value(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open("/predict")

    with user:
        one(user, "feature-4").set_value("yesterday")

    await user.should_see(content="'yesterday' is not a date or time", marker="prediction-error")


async def test_predict_shows_classes_with_probabilities(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.classification.version))

    await user.open("/predict")

    await user.should_see(content="class_0", marker="prediction")
    await user.should_see(content="100.0%", marker="probability")


async def test_predict_curl_sample_reproduces_the_prediction(
    user: User, http: httpx.AsyncClient, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/predict")
    with user:
        one(user, "feature-0").set_value(500.0)
    await user.should_see(content='"age": 500', marker="curl")
    code = one(user, "curl")

    words = shlex.split(code.content)
    body = json.loads(words[words.index("-d") + 1])
    answer = await http.post(words[words.index("POST") + 1], json=body)

    assert body["records"][0]["age"] == 500
    await user.should_see(content=f"{answer.json()['predictions'][0]:,.0f}", marker="prediction")


async def test_predict_of_a_version_uses_that_version(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))

    await user.open(f"/predict?version={trained.classification.version}")

    await user.should_see("predicts cultivar from 13 features")
    await user.should_see(content=f"/predict?version={trained.classification.version}", marker="curl")
    await user.should_see("This is not the active model.")


async def test_predict_of_an_unknown_version_links_to_the_models(user: User, trained: TrainedVersions):
    assert trained
    await user.open("/predict?version=9999")

    await user.should_see("This model cannot be used")
    await user.should_see(marker="go-models")


@pytest.mark.usefixtures("no_active")
async def test_predict_without_a_model_links_to_training(user: User):
    await user.open("/predict")

    await user.should_see("No model yet")


async def test_predict_shows_boolean_classes(user: User, services: Services, http: httpx.AsyncClient):
    rows = [{"x": n, "empty": None, "y": n % 2 == 0} for n in range(20)]
    options = {"records": rows, "target": "y", "estimator": "linear", "features": ["x", "empty"]}
    assert (await http.post("/train", json=options)).status_code == 201

    await user.open("/predict")

    await user.should_see(content="%", marker="probability")
    assert one(user, "prediction").text in ("true", "false")


async def test_predict_shows_the_most_likely_of_many_classes(user: User, http: httpx.AsyncClient):
    rows = [{"x": n % 12, "y": f"class {n % 12}"} for n in range(60)]
    assert (await http.post("/train", json={"records": rows, "target": "y", "estimator": "linear"})).status_code == 201

    await user.open("/predict")

    await user.should_see("and 4 more classes")


async def test_predict_says_when_another_model_is_activated(
    user: User, services: Services, rich: VersionInfo, trained: TrainedVersions
):
    await services.models.activate(str(rich.version))
    await user.open("/predict")
    await user.should_see("in about 90% of cases")

    await services.models.activate(str(trained.regression.version))

    await user.should_see(f"this page still uses model {rich.version}.")
    await user.should_see(marker="switch")


async def test_predict_opens_the_selected_version(user: User, rich: VersionInfo):
    await user.open("/predict")
    await user.should_see(marker="version")

    with user:
        one(user, "version").set_value(rich.version)

    await user.should_see(f"Model {rich.version} predicts price from {len(rich.features)} features")
    with user:
        one(user, "version").set_value(0)
    await user.should_not_see("This is not the active model.")
