"""Versions tab: the list of versions and the activation history."""

from typing import Any

import pytest
from nicegui.testing import User

from mlapp.schemas import DataSource, VersionInfo
from mlapp.services import Services
from pages.model.versions import SEARCHED
from pages.session.site import Site
from tests.fitted import fit, publish
from tests.pages.conftest import eventually, one
from tests.pages.steps import activation_rows, add_inactive, rows_by_version, select

MODEL = "cellar"


@pytest.fixture
async def first(services: Services) -> VersionInfo:
    """An active version of a model that the tests of this module share."""
    return await publish(services, "wine", MODEL)


@pytest.fixture
async def second(services: Services, first: VersionInfo) -> int:
    """A newer version, which is not active."""
    return await add_inactive(services, MODEL)


@pytest.fixture
def many(services: Services, second: int) -> None:
    """Enough versions to be searched and sorted."""
    for _ in range(SEARCHED):
        fit("wine").add_to(services.models.store, MODEL)


async def test_versions_are_listed_and_the_active_one_is_marked(user: User, first: VersionInfo, second: int):
    await user.open(f"/models/{MODEL}/versions")

    rows = rows_by_version(user)
    assert (rows[first.version]["c0"], rows[first.version]["c2"]) == (f"Version {first.version}", "Linear model")
    assert (rows[second]["c5"], rows[second]["note"]) == ("wine", "inactive")
    assert [version for version, row in rows.items() if row["active"]] == [first.version]


async def test_version_that_would_break_callers_says_why(user: User, services: Services, first: VersionInfo):
    breaking = await add_inactive(services, MODEL, target="other")

    await user.open(f"/models/{MODEL}/versions")

    assert rows_by_version(user)[breaking]["breaking"] == ["predicts 'other' instead of 'cultivar'"]
    assert rows_by_version(user)[first.version]["breaking"] == []


async def test_version_that_is_too_good_is_marked(user: User, services: Services, first: VersionInfo):
    leaking = await add_inactive(services, MODEL, metrics=first.metrics | {"accuracy": 1.0})

    await user.open(f"/models/{MODEL}/versions")

    assert "Too good to be true" in rows_by_version(user)[leaking]["suspicious"]


async def test_version_that_cannot_be_used_says_why(user: User, services: Services, first: VersionInfo):
    library_versions: Any = first.library_versions | {"scikit-learn": "0.1.0"}
    old = await add_inactive(services, MODEL, library_versions=library_versions)

    await user.open(f"/models/{MODEL}/versions")

    assert "scikit-learn 0.1.0" in rows_by_version(user)[old]["unusable"]
    assert rows_by_version(user)[first.version]["unusable"] == ""


async def test_rollback_names_the_version(user: User, services: Services, first: VersionInfo, second: int):
    await user.open("/models/cellar/versions")
    await services.models.activate(MODEL, str(second))

    await eventually(lambda: one(user, "rollback").text == f"Roll back to version {first.version}")
    assert one(user, "rollback").enabled


async def test_rollback_without_a_previous_version_is_disabled(user: User, services: Services):
    await publish(services, "wine", "only-one")

    await user.open("/models/only-one/versions")

    assert (one(user, "rollback").text, one(user, "rollback").enabled) == ("Roll back", False)


async def test_versions_follow_changes_of_others(user: User, services: Services, first: VersionInfo):
    await user.open(f"/models/{MODEL}/versions")

    version = await add_inactive(services, MODEL)
    await eventually(lambda: version in rows_by_version(user))
    await services.models.activate(MODEL, str(version))
    await eventually(
        lambda: rows_by_version(user)[version]["active"] and activation_rows(user)[0][2] == f"Version {version}"
    )
    await services.models.activate(MODEL, str(first.version))
    select(user, version, first.version)
    await services.models.delete_version(MODEL, str(version))

    await eventually(lambda: version not in rows_by_version(user))
    assert one(user, "compare").text == "Compare (1)"


@pytest.mark.usefixtures("many")
async def test_versions_are_searched_by_their_source(user: User, services: Services):
    version = await add_inactive(services, MODEL, source=DataSource(file="Q3 sales.csv"))
    await user.open(f"/models/{MODEL}/versions")

    user.find(marker="search").type("q3 linear")

    await eventually(lambda: [*rows_by_version(user)] == [version])
    await user.should_see(" of ")


async def test_search_stays_until_it_is_empty(user: User, services: Services):
    versions = [(await publish(services, "wine", "searched")).version for _ in range(SEARCHED + 1)]
    await user.open("/models/searched/versions")
    user.find(marker="search").type(f"{versions[-1]}")
    await eventually(lambda: [*rows_by_version(user)] == versions[-1:])

    await services.models.delete_version("searched", str(versions[0]))

    await user.should_see(f"1 of {SEARCHED} versions")
    assert one(user, "search").visible
    await services.models.delete("searched")


@pytest.mark.usefixtures("many")
async def test_versions_are_sorted_by_select(user: User, services: Services):
    few = await add_inactive(services, MODEL, rows=1, estimator="a")
    await user.open(f"/models/{MODEL}/versions")

    one(user, "order").value = "estimator"
    await eventually(lambda: next(iter(rows_by_version(user))) == few)
    one(user, "order").value = "rows"
    await eventually(lambda: next(iter(rows_by_version(user))) != few)


async def test_selected_versions_are_compared(user: User, first: VersionInfo, second: int):
    await user.open(f"/models/{MODEL}/versions")
    assert not one(user, "compare").enabled

    select(user, first.version)
    assert not one(user, "compare").enabled
    select(user, first.version, second)
    user.find(marker="compare").click()

    await user.should_see("Side by side")


async def test_selection_is_in_the_address_for_the_way_back(user: User, first: VersionInfo, second: int):
    await user.open(f"/models/{MODEL}/versions?selected={first.version},{second},999,x")

    assert (one(user, "compare").text, one(user, "compare").enabled) == ("Compare (2)", True)


async def test_more_than_four_selected_versions_cannot_be_compared(user: User, first: VersionInfo):
    await user.open(f"/models/{MODEL}/versions")
    select(user, *range(5))

    assert (one(user, "compare").text, one(user, "compare").enabled) == ("Compare (5)", False)


async def test_retention_says_which_version_is_removed_next(user: User, services: Services, site: Site):
    keep = site.settings.keep_versions
    oldest = (await publish(services, "wine", "crowded")).version
    others = [fit("wine").add_to(services.models.store, "crowded") for _ in range(keep - 2)]
    await user.open("/models/crowded/versions")
    await user.should_see(f"The oldest of more than {keep} are removed; the active one and the one before it stay.")

    for version in others[-2:]:
        await services.models.activate("crowded", str(version))
    fit("wine").add_to(services.models.store, "crowded")

    await user.should_see(f"version {oldest} is next.")


async def test_model_without_versions_leads_to_training(user: User, services: Services):
    version = await add_inactive(services, "emptied")
    await user.open("/models/emptied/versions")
    await services.models.delete_version("emptied", str(version))

    await user.should_see("No versions")
    user.find(marker="go-train?model=emptied").click()

    await user.should_see("For a new version of emptied.")


async def test_versions_of_an_unknown_model_are_not_found(user: User):
    answer = await user.http_client.get("/models/nope/versions")

    assert answer.status_code == 404
