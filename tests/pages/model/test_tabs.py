"""The frame of a model's pages: its state, the row of tabs, and models that do not exist or are deleted."""

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import ModelPatch
from mlapp.services import Services
from pages.model.tabs import Tab, tab_path
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, make_default


def tab_links(user: User) -> dict[str, str | None]:
    """Return the links of the tabs, and which one is the current page."""
    links = sorted(user.find(kind=ui.link).elements, key=lambda link: link.id)
    links = [link for link in links if any(mark.startswith("tab-") for mark in link._markers)]
    return {link.props["href"]: link.props.get("aria-current") for link in links}


@pytest.mark.parametrize("tab", Tab)
async def test_tab_is_a_page_that_marks_its_link(user: User, trained: TrainedVersions, tab: Tab):
    path = tab_path("machines", tab)

    await user.open(path)

    await user.should_see(content="active", marker="active-version")
    assert [target for target, current in tab_links(user).items() if current == "page"] == [path]
    assert list(tab_links(user)) == [tab_path("machines", tab) for tab in Tab]


@pytest.mark.parametrize("tab", Tab)
@pytest.mark.parametrize("model", ["nope", "Machines", "machines%2F1", "%00", "x" * 100])
async def test_tab_of_an_unknown_model_is_not_found(user: User, trained: TrainedVersions, tab: Tab, model: str):
    answer = await user.http_client.get(tab_path(model, tab))

    assert answer.status_code == 404
    assert "not found" in answer.text or "does not exist" in answer.text


async def test_badges_and_description_follow_the_model(user: User, services: Services, trained: TrainedVersions):
    info = await publish(services, "wine", "cellar")
    await make_default(services, "machines")
    await user.open("/models/cellar")
    await user.should_see(content="Predicts cultivar from 13 columns.", marker="description")
    await user.should_not_see(marker="is-default")

    second = await publish(services, "wine", "cellar")
    await make_default(services, "cellar")

    await user.should_see(content=f"version {second.version} active", marker="active-version")
    await user.should_see(marker="is-default")
    await services.models.update("cellar", ModelPatch(description="For the <b>cellar</b>."))
    await services.models.activate("cellar", str(info.version))
    await user.should_see(content="For the <b>cellar</b>.", marker="description")
    await make_default(services, "machines")
    await services.models.delete("cellar")


async def test_model_without_versions_says_what_it_predicts(user: User, services: Services, trained: TrainedVersions):
    await add_inactive(services, "stored")

    await user.open("/models/stored")

    await user.should_see(content="no active version", marker="active-version")
    await user.should_see(content="Predicts cultivar.", marker="description")
    await services.models.delete("stored")


async def test_example_is_marked(user: User, services: Services, trained: TrainedVersions):
    store = services.models.store
    file, record = store.file("wine", trained.classification.version), store.record("wine", 1)
    store.add("sample", file, record, activate_by="test", demo=True)

    await user.open("/models/sample")

    await user.should_see(content="example", marker="is-demo")
    await user.should_see("trained at the first start")
    await services.models.delete("sample")


@pytest.mark.parametrize("tab", Tab)
async def test_page_of_a_deleted_model_says_so(user: User, services: Services, trained: TrainedVersions, tab: Tab):
    await publish(services, "wine", "short-lived")
    await user.open(tab_path("short-lived", tab))
    await user.should_see(content="active", marker="active-version")

    await services.models.delete("short-lived")

    await user.should_see("short-lived was deleted")
    await user.should_see(marker="go-")
    await user.should_not_see(marker="active-version")
    await user.should_not_see(marker=f"tab-{tab.lower()}")


async def test_without_an_api_there_is_no_tab_for_it(
    user: User, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Site, "api", property(lambda _: False))

    await user.open("/models/machines")

    await user.should_see(marker="tab-settings")
    await user.should_not_see(marker="tab-api")


async def test_page_survives_changes_while_it_is_drawn(user: User, services: Services, trained: TrainedVersions):
    await user.open("/models/machines")

    site_events = [publish(services, "machines", activate=index % 2 == 0) for index in range(4)]
    last = [await event for event in site_events][2]

    await eventually(lambda: f"version {last.version} active" in one(user, "active-version").text)
    await services.models.activate("machines", str(trained.regression.version))
