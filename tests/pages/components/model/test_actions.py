"""Actions on versions: activate, roll back, delete, annotate."""

from collections.abc import AsyncIterator

import pytest
from nicegui.testing import User

from mlapp.services import Services
from pages.components.model.actions import VersionActions
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import eventually, one
from tests.pages.steps import act, activation_rows, add_inactive, confirm, rows_by_version
from tests.services.misbehaving import add_unloadable

MODEL = "acted"


@pytest.fixture
async def pair(services: Services) -> AsyncIterator[tuple[int, int]]:
    """Two versions of a model, with different targets and features."""
    tables = ("machines", "wine")
    versions = [(await publish(services, table, MODEL, activate=False)).version for table in tables]
    yield versions[0], versions[1]
    await services.models.delete(MODEL)


async def test_versions_activates_a_version_after_showing_the_changes(
    user: User, services: Services, pair: tuple[int, int]
):
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")

    act(user, "activate", pair[1])
    await user.should_see(f"Activate version {pair[1]} of acted?")
    await user.should_see("instead of 'time_for_failure'")
    confirm(user, "Activate")

    await user.should_see(f"Version {pair[1]} is now active.")
    assert (await services.models.get(MODEL)).active == pair[1]
    await eventually(lambda: activation_rows(user)[0][2] == f"Version {pair[1]}")


async def test_versions_does_nothing_when_an_activation_is_cancelled(
    user: User, services: Services, pair: tuple[int, int]
):
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")

    act(user, "activate", pair[1])
    await user.should_see(f"which version {pair[0]} does not")
    confirm(user, "Cancel")

    assert (await services.models.get(MODEL)).active == pair[0]


async def test_versions_says_why_a_version_cannot_be_activated(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")
    await services.models.delete_version(MODEL, str(version))

    act(user, "activate", version)
    await user.should_see(f"Activate version {version} of acted?")
    confirm(user, "Activate")

    await user.should_see(f"no version {version}")


async def test_versions_says_why_a_version_cannot_be_loaded(
    user: User, services: Services, pair: tuple[int, int], caplog: pytest.LogCaptureFixture
):
    store = services.models.store
    broken = add_unloadable(store, MODEL, pair[0])
    for version in (broken, pair[0]):
        store.activate(MODEL, version)
    await user.open("/models/acted/versions")

    act(user, "activate", broken)
    await user.should_see(f"Activate version {broken} of acted?")
    confirm(user, "Activate")
    await user.should_see(f"Version {broken} of acted cannot be loaded: RuntimeError: a screw is loose")

    user.find(marker="rollback").click()
    await user.should_see(f"Roll back to version {broken}, the previously active one?")
    confirm(user, "Roll back")
    await eventually(lambda: len([message for message in user.notify.messages if "a screw is loose" in message]) == 2)

    await services.models.delete_version(MODEL, str(broken))
    caplog.clear()  # The log of the broken version.


async def test_versions_rolls_back_to_the_version_it_names(user: User, services: Services, pair: tuple[int, int]):
    await services.models.activate(MODEL, str(pair[1]))
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")

    user.find(marker="rollback").click()
    await user.should_see(f"Roll back to version {pair[1]}, the previously active one?")
    confirm(user, "Roll back")

    await user.should_see(f"Version {pair[1]} is active again.")
    assert (await services.models.get(MODEL)).active == pair[1]
    await eventually(lambda: activation_rows(user)[0][1:3] == ("Rolled back to", f"Version {pair[1]}"))


async def test_versions_does_not_roll_back_to_another_version_than_it_named(
    user: User, services: Services, pair: tuple[int, int]
):
    await services.models.activate(MODEL, str(pair[1]))
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")
    user.find(marker="rollback").click()
    await user.should_see("the previously active one?")

    await services.models.activate(MODEL, str(pair[1]))
    confirm(user, "Roll back")

    await user.should_see("Another version was activated in the meantime")
    assert (await services.models.get(MODEL)).active == pair[1]


async def test_versions_does_nothing_when_a_rollback_is_cancelled(
    user: User, services: Services, pair: tuple[int, int]
):
    await services.models.activate(MODEL, str(pair[1]))
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")

    user.find(marker="rollback").click()
    await user.should_see("the previously active one?")
    confirm(user, "Cancel")

    assert (await services.models.get(MODEL)).active == pair[0]


async def test_versions_says_that_there_is_no_version_to_roll_back_to(
    user: User, services: Services, pair: tuple[int, int]
):
    await services.models.activate(MODEL, str(pair[1]))
    await services.models.activate(MODEL, str(pair[0]))
    await user.open("/models/acted/versions")
    (services.models.store.folder / "models" / MODEL / "history.jsonl").unlink()

    user.find(marker="rollback").click()

    await user.should_see("No other version has been active")


async def test_versions_deletes_a_version(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")
    assert rows_by_version(user)[version]["note"] == "inactive"

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see(f"Version {version} is deleted.")
    await eventually(lambda: version not in rows_by_version(user))


async def test_versions_keeps_a_version_when_its_deletion_is_cancelled(
    user: User, services: Services, pair: tuple[int, int]
):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Cancel")

    await user.should_not_see(f"Version {version} is deleted.")
    assert (await services.models.version(MODEL, str(version))).version == version


async def test_versions_says_why_a_version_cannot_be_deleted(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")
    await services.models.activate(MODEL, str(version))

    act(user, "delete", version)
    await user.should_see(f"Delete version {version} of acted?")
    confirm(user, "Delete")

    await user.should_see(f"Version {version} of model")


async def test_versions_changes_a_note(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")

    act(user, "annotate", version)
    await user.should_see(f"Note of version {version}")
    one(user, "note").value = "<b>kept</b> for April"
    confirm(user, "Save")

    await user.should_see(f"The note of version {version} is saved.")
    await eventually(lambda: rows_by_version(user)[version]["note"] == "<b>kept</b> for April")


async def test_versions_does_nothing_when_a_note_is_cancelled(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")

    act(user, "annotate", version)
    await user.should_see(f"Note of version {version}")
    one(user, "note").value = "not this"
    confirm(user, "Cancel")

    assert (await services.models.version(MODEL, str(version))).note == "inactive"


async def test_versions_says_why_a_note_cannot_be_changed(user: User, services: Services, pair: tuple[int, int]):
    version = await add_inactive(services, MODEL)
    await user.open("/models/acted/versions")
    await services.models.delete_version(MODEL, str(version))

    act(user, "annotate", version)

    await user.should_see(f"no version {version}")


async def test_actions_on_a_deleted_model_say_why_they_fail(user: User, site: Site):
    await user.open("/jobs")
    actions = VersionActions(site, "nope")

    with user:
        await actions.rollback()

    await user.should_see("There is no model 'nope'")
