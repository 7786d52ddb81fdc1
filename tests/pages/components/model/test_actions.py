"""Actions on models: activate, roll back, delete, annotate."""

import pytest
from nicegui.testing import User

from mlapp.services import Services
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import act, activation_rows, add_inactive, confirm, rows_by_version
from tests.services.misbehaving import add_unloadable


async def test_models_activates_a_version_after_showing_the_changes(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    act(user, "activate", trained.classification.version)
    await user.should_see(f"Activate model {trained.classification.version}?")
    await user.should_see("instead of time_for_failure")
    confirm(user, "Activate")

    await user.should_see(f"Model {trained.classification.version} is now active.")
    assert (await services.models.list()).active == trained.classification.version
    await eventually(lambda: activation_rows(user)[0][2] == f"Model {trained.classification.version}")


async def test_models_does_nothing_when_an_activation_is_cancelled(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    act(user, "activate", trained.classification.version)
    await user.should_see("Clients must now send")
    confirm(user, "Cancel")

    assert (await services.models.list()).active == trained.regression.version


async def test_models_says_why_a_version_cannot_be_activated(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")
    await services.models.delete(str(version))

    act(user, "activate", version)
    await user.should_see(f"Activate model {version}?")
    confirm(user, "Activate")

    await user.should_see(f"There is no model {version}")


async def test_models_says_why_a_version_cannot_be_loaded(
    user: User, services: Services, trained: TrainedVersions, caplog: pytest.LogCaptureFixture
):
    store = services.models.store
    broken = add_unloadable(store, trained.regression.version)
    for version in (broken, trained.regression.version):
        store.activate(version)
    await services.prediction.refresh()
    await user.open("/models")

    act(user, "activate", broken)
    await user.should_see(f"Activate model {broken}?")
    confirm(user, "Activate")
    await user.should_see(f"Model {broken} cannot be loaded: RuntimeError: a screw is loose")

    user.find(marker="rollback").click()
    await user.should_see(f"Roll back to model {broken}")
    confirm(user, "Roll back")
    await eventually(lambda: len([message for message in user.notify.messages if "a screw is loose" in message]) == 2)

    await user.open(f"/predict?version={broken}")
    await user.should_see(f"Model {broken} cannot be loaded: RuntimeError: a screw is loose")
    await services.models.delete(str(broken))
    caplog.clear()  # The log of the broken model.


async def test_models_rolls_back_to_the_version_it_names(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker="rollback").click()
    await user.should_see(f"Roll back to model {trained.classification.version}")
    confirm(user, "Roll back")

    await user.should_see(f"Model {trained.classification.version} is active again.")
    assert (await services.models.list()).active == trained.classification.version
    await eventually(
        lambda: activation_rows(user)[0][1:] == ("Rolled back to", f"Model {trained.classification.version}")
    )


async def test_models_does_not_roll_back_to_another_version_than_it_named(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    user.find(marker="rollback").click()
    await user.should_see("the previously active one?")

    await services.models.activate(str(trained.classification.version))
    confirm(user, "Roll back")

    await user.should_see("Another model was activated in the meantime")
    assert (await services.models.list()).active == trained.classification.version


async def test_models_does_nothing_when_a_rollback_is_cancelled(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker="rollback").click()
    await user.should_see("the previously active one?")
    confirm(user, "Cancel")

    assert (await services.models.list()).active == trained.regression.version


@pytest.mark.usefixtures("no_active")
async def test_models_says_that_there_is_no_version_to_roll_back_to(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    (services.models.store.folder / "history.jsonl").unlink()

    user.find(marker="rollback").click()

    await user.should_see("No other model has been active")


async def test_models_deletes_a_version(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")
    assert rows_by_version(user)[version]["note"] == "inactive"

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is deleted.")
    await eventually(lambda: version not in rows_by_version(user))


async def test_models_keeps_a_version_when_its_deletion_is_cancelled(
    user: User, services: Services, trained: TrainedVersions
):
    version = await add_inactive(services)
    await user.open("/models")

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Cancel")

    await user.should_not_see(f"Model {version} is deleted.")
    assert (await services.models.get(str(version))).version == version


async def test_models_says_why_a_version_cannot_be_deleted(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")
    await services.models.activate(str(version))

    act(user, "delete", version)
    await user.should_see(f"Delete model {version}?")
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is active")


async def test_models_changes_a_note(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")

    act(user, "annotate", version)
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "<b>kept</b> for April"
    confirm(user, "Save")

    await user.should_see(f"The note of model {version} is saved.")
    await eventually(lambda: rows_by_version(user)[version]["note"] == "<b>kept</b> for April")


async def test_models_does_nothing_when_a_note_is_cancelled(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")

    act(user, "annotate", version)
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "not this"
    confirm(user, "Cancel")

    assert (await services.models.get(str(version))).note == "inactive"


async def test_models_says_why_a_note_cannot_be_changed(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open("/models")
    await services.models.delete(str(version))

    act(user, "annotate", version)

    await user.should_see(f"There is no model {version}")
