"""Models page: the list of versions and the activation history."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import activation_rows, add_inactive, rows_by_version, select


async def test_models_lists_versions_and_marks_the_active_one(user: User, services: Services):
    model = await publish(services, "machines")

    await user.open("/models")

    row = rows_by_version(user)[model.version]
    assert (row["c0"], row["c1"], row["c2"]) == (f"Model {model.version}", "time_for_failure", "linear")
    assert [version for version, row in rows_by_version(user).items() if row["active"]] == [model.version]


@pytest.mark.usefixtures("no_active")
async def test_models_without_a_previous_version_disables_rollback(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    assert one(user, "rollback").enabled

    (services.models.store.folder / "history.jsonl").unlink()
    await user.open("/models")

    assert not one(user, "rollback").enabled


async def test_models_follows_changes_of_others(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    version = await add_inactive(services)
    await eventually(lambda: version in rows_by_version(user))
    await services.models.activate(str(version))
    await eventually(
        lambda: rows_by_version(user)[version]["active"] and activation_rows(user)[0][2] == f"Model {version}"
    )
    await services.models.activate(str(trained.regression.version))
    select(user, version, trained.regression.version)
    await services.models.delete(str(version))

    await eventually(lambda: version not in rows_by_version(user))
    assert one(user, "compare").text == "Compare (1)"


async def test_models_are_searched(user: User, trained: TrainedVersions):
    await user.open("/models")

    user.find(marker="search").type("cultivar linear")

    await eventually(lambda: {row["c1"] for row in rows_by_version(user).values()} == {"cultivar"})
    await user.should_see(" of ")


async def test_models_are_sorted_by_select(user: User, services: Services, trained: TrainedVersions):
    await publish(services, "machines")
    await user.open("/models")

    one(user, "order").value = "target"
    await eventually(lambda: next(iter(rows_by_version(user).values()))["c1"] == "cultivar")
    one(user, "order").value = "rows"
    await eventually(lambda: next(iter(rows_by_version(user).values()))["c1"] == "time_for_failure")


async def test_two_selected_models_are_compared(user: User, services: Services, trained: TrainedVersions):
    await user.open("/models")
    assert not one(user, "compare").enabled

    select(user, trained.classification.version)
    assert not one(user, "compare").enabled
    select(user, trained.classification.version, trained.regression.version)
    user.find(marker="compare").click()

    await user.should_see("Side by side")
    await user.should_see("predict different targets")


async def test_more_than_five_selected_models_cannot_be_compared(user: User, trained: TrainedVersions):
    await user.open("/models")
    select(user, *range(6))

    assert (one(user, "compare").text, one(user, "compare").enabled) == ("Compare (6)", False)


@pytest.fixture
async def empty_store(services: Services, no_active: None) -> AsyncIterator[None]:
    """Run with a store that has no versions."""
    versions = services.models.store.folder / "versions"
    versions.rename(versions.with_suffix(".aside"))
    versions.mkdir()
    yield
    versions.rmdir()
    versions.with_suffix(".aside").rename(versions)


@pytest.mark.usefixtures("empty_store")
@pytest.mark.parametrize("path", ["/models", "/predict"])
async def test_pages_without_a_model_link_to_training(user: User, path: str):
    await user.open(path)
    await user.should_see("No model yet")

    user.find(marker="go-train").click()

    await user.should_see(content="Train", kind=ui.label)


async def test_models_says_why_a_version_cannot_be_used(user: User, services: Services):
    version = await add_inactive(services)
    store = services.models.store
    record = store.record(version)
    other: Any = record.model_copy(update={"library_versions": record.library_versions | {"scikit-learn": "0.1.0"}})
    old = store.add(store.file(version), other)

    await user.open("/models")

    assert "scikit-learn 0.1.0" in rows_by_version(user)[old]["unusable"]
    assert rows_by_version(user)[version]["unusable"] == ""
    store.delete(old)
