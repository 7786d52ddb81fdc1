"""API tab."""

import json
import shlex

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import Span
from mlapp.services import Services
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, make_default
from tests.services.misbehaving import add_unloadable


async def test_api_shows_code_that_gives_the_response_beside_it(
    user: User, http: httpx.AsyncClient, trained: TrainedVersions
):
    await user.open("/models/wine/api")
    await user.should_see(content="/models/wine/predict", marker="code-curl")
    words = shlex.split(one(user, "code-curl").content)

    url, body = words[words.index("POST") + 1], json.loads(words[words.index("-d") + 1])
    answer, shown = (await http.post(url, json=body)).json(), json.loads(one(user, "response-json").content)

    assert answer.pop("probabilities")[0] == pytest.approx(shown.pop("probabilities")[0])
    assert answer == shown
    assert one(user, "address").text.endswith("/models/wine/predict")


async def test_opening_the_api_tab_is_no_request(user: User, services: Services, trained: TrainedVersions):
    before = (await services.monitoring.traffic(Span.HOUR, "wine")).total.requests

    await user.open("/models/wine/api")
    await user.should_see(marker="response-json")

    assert (await services.monitoring.traffic(Span.HOUR, "wine")).total.requests == before


async def test_api_shows_code_for_a_file(user: User, http: httpx.AsyncClient, trained: TrainedVersions):
    await user.open("/models/wine/api")

    words = shlex.split(one(user, "code-a-file").content)
    table = (await http.get("/datasets/wine")).content
    answer = await http.post(words[words.index("POST") + 1], content=table, headers={"Content-Type": "text/csv"})

    assert (words[words.index("-H") + 1], answer.status_code) == ("Content-Type: text/csv", 200)


async def test_api_shows_code_for_one_version(user: User, trained: TrainedVersions):
    await user.open("/models/wine/api")

    with user:
        one(user, "asked").set_value("pinned")

    await user.should_see(content="/models/wine/predict?version=", marker="code-curl")
    await user.should_see(content="predict(row, model='wine', version=", marker="code-python")
    await user.should_see(content="404 once it is deleted", marker="meaning")


async def test_api_of_the_default_model_shows_the_short_address(
    user: User, services: Services, trained: TrainedVersions
):
    await make_default(services, "machines")
    await user.open("/models/machines/api")
    await user.should_see(content="http://localhost/predict", marker="short-address")

    with user:
        one(user, "asked").set_value("default")
    await user.should_see(content="localhost/predict", marker="code-javascript")

    await make_default(services, "wine")
    await user.should_not_see(marker="short-address")
    await eventually(lambda: "/models/machines/predict" in one(user, "code-javascript").content)
    await make_default(services, "machines")


async def test_api_names_the_variable_of_the_key(
    user: User, services: Services, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    await user.open("/models/wine/api")
    await user.should_see("This server is open")
    monkeypatch.setattr(services.access, "key_variable", "MLAPP_PREDICT_KEY")

    await user.open("/models/wine/api")

    await user.should_see(content="the environment variable MLAPP_PREDICT_KEY", marker="key-hint")
    await user.should_see(content="$MLAPP_PREDICT_KEY", marker="code-curl")


async def test_api_follows_the_active_version(user: User, services: Services):
    await publish(services, "wine", "renewed")
    await user.open("/models/renewed/api")
    await user.should_see(content='"probabilities"', marker="response-json")

    await publish(services, "machines", "renewed")

    await user.should_see(content='"upper"', marker="response-json")
    await user.should_see(content='"last_service"', marker="code-curl")
    await services.models.delete("renewed")


async def test_api_without_an_active_version_leads_to_the_versions(user: User, services: Services):
    await add_inactive(services, "silent")

    await user.open("/models/silent/api")

    await user.should_see("No version is active")
    await services.models.delete("silent")


async def test_api_of_a_version_that_cannot_be_loaded_says_why(
    user: User, services: Services, caplog: pytest.LogCaptureFixture
):
    loadable, store = await publish(services, "wine", "mute", activate=False), services.models.store
    store.activate("mute", add_unloadable(store, "mute", loadable.version))

    await user.open("/models/mute/api")

    await user.should_see(content="a screw is loose", marker="response-error")
    await services.models.delete("mute")
    caplog.clear()  # The log of the broken version.


async def test_without_an_api_the_page_says_so(user: User, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Site, "api", property(lambda _: False))

    await user.open("/models/wine/api")

    await user.should_see("This server serves the pages without the API.")
    await user.should_not_see(marker="code-curl")
