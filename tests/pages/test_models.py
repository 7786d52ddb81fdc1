"""Models: the list, and the log of activations."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from tests.fitted import publish
from tests.pages.choosing import act, confirm, listed, log, select, spare
from tests.pages.conftest import Trained, eventually, one
from tests.services.misbehaving import add_unloadable


async def test_models_lists_versions_and_marks_the_active_one(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    await user.open("/models")

    row = listed(user)[trained.regression.version]
    assert (row["c0"], row["c1"], row["c2"]) == (
        f"Model {trained.regression.version}",
        "time_for_failure",
        "linear",
    )
    assert [version for version, row in listed(user).items() if row["active"]] == [trained.regression.version]


async def test_models_activates_a_version_after_saying_what_that_changes(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    act(user, "activate", trained.classification.version)
    await user.should_see(f"Let model {trained.classification.version} answer from now on?")
    await user.should_see("It predicts cultivar (classification) instead of time_for_failure (regression).")
    confirm(user, "Activate")

    await user.should_see(f"Model {trained.classification.version} answers from now on.")
    assert (await services.models.list()).active == trained.classification.version
    await eventually(lambda: listed(user)[trained.classification.version]["active"])


async def test_models_does_nothing_when_an_activation_is_cancelled(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    act(user, "activate", trained.classification.version)
    await user.should_see("Clients must now send")
    confirm(user, "Cancel")

    assert (await services.models.list()).active == trained.regression.version


async def test_models_says_why_a_version_cannot_be_activated(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    await services.models.delete(str(version))

    act(user, "activate", version)
    await user.should_see(f"Let model {version} answer from now on?")
    confirm(user, "Activate")

    await user.should_see(f"There is no model {version}")


async def test_models_says_why_a_version_cannot_be_loaded(
    user: User, services: Services, trained: Trained, caplog: pytest.LogCaptureFixture
):
    store = services.models.store
    broken = add_unloadable(store, trained.regression.version)
    for version in (broken, trained.regression.version):
        store.activate(version)
    await services.prediction.refresh()
    await user.open("/models")

    act(user, "activate", broken)
    await user.should_see(f"Let model {broken} answer from now on?")
    confirm(user, "Activate")
    await user.should_see(f"Model {broken} cannot be loaded: RuntimeError: a screw is loose")

    user.find(marker="rollback").click()
    await user.should_see(f"Go back to model {broken}, which was active before?")
    confirm(user, "Roll back")
    await eventually(lambda: len([said for said in user.notify.messages if "a screw is loose" in said]) == 2)

    await user.open(f"/predict?version={broken}")
    await user.should_see(f"Model {broken} cannot be loaded: RuntimeError: a screw is loose")
    await services.models.delete(str(broken))
    caplog.clear()  # What was logged of it is no error of the pages.


async def test_models_rolls_back_to_the_version_it_names(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker="rollback").click()
    await user.should_see(f"Go back to model {trained.classification.version}, which was active before?")
    confirm(user, "Roll back")

    await user.should_see("The model that was active before answers again.")
    assert (await services.models.list()).active == trained.classification.version
    await eventually(lambda: log(user)[0][1:] == ("Rolled back to", f"Model {trained.classification.version}"))


async def test_models_rolls_back_to_no_other_version_than_it_named(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    user.find(marker="rollback").click()
    await user.should_see("which was active before?")

    await services.models.activate(str(trained.classification.version))
    confirm(user, "Roll back")

    await user.should_see("Meanwhile another model was activated")
    assert (await services.models.list()).active == trained.classification.version


async def test_models_keeps_the_active_one_when_a_rollback_is_cancelled(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    user.find(marker="rollback").click()
    await user.should_see("which was active before?")
    confirm(user, "Cancel")

    assert (await services.models.list()).active == trained.regression.version


@pytest.mark.usefixtures("no_active")
async def test_models_without_one_before_cannot_be_rolled_back(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    assert one(user, "rollback").enabled

    (services.models.store.folder / "history.jsonl").unlink()
    await user.open("/models")

    assert not one(user, "rollback").enabled


@pytest.mark.usefixtures("no_active")
async def test_models_says_that_there_is_none_to_roll_back_to(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.classification.version))
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")
    (services.models.store.folder / "history.jsonl").unlink()

    user.find(marker="rollback").click()

    await user.should_see("No other model was active before; activate one from the list.")


async def test_models_deletes_a_version_for_good(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    assert listed(user)[version]["note"] == "a spare one"

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is deleted.")
    await eventually(lambda: version not in listed(user))


async def test_models_keeps_a_version_when_its_deletion_is_cancelled(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")

    act(user, "delete", version)
    await user.should_see("This cannot be undone.")
    confirm(user, "Cancel")

    await user.should_not_see(f"Model {version} is deleted.")
    assert (await services.models.get(str(version))).version == version


async def test_models_says_why_a_version_cannot_be_deleted(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    await services.models.activate(str(version))

    act(user, "delete", version)
    await user.should_see(f"Delete model {version} for good?")
    confirm(user, "Delete")

    await user.should_see(f"Model {version} is active; activate another one first.")


async def test_models_changes_a_note(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")

    act(user, "annotate", version)
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "<b>kept</b> for April"
    confirm(user, "Save")

    await user.should_see(f"The note of model {version} is saved.")
    await eventually(lambda: listed(user)[version]["note"] == "<b>kept</b> for April")


async def test_models_keeps_a_note_that_is_not_saved(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")

    act(user, "annotate", version)
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "not this"
    confirm(user, "Cancel")

    assert (await services.models.get(str(version))).note == "a spare one"


async def test_models_says_why_there_is_no_note_to_change(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open("/models")
    await services.models.delete(str(version))

    act(user, "annotate", version)

    await user.should_see(f"There is no model {version}")


async def test_models_follows_what_others_do(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models")

    version = await spare(services)
    await eventually(lambda: version in listed(user))
    await services.models.activate(str(version))
    await eventually(lambda: listed(user)[version]["active"] and log(user)[0][2] == f"Model {version}")
    await services.models.activate(str(trained.regression.version))
    select(user, version, trained.regression.version)
    await services.models.delete(str(version))

    await eventually(lambda: version not in listed(user))
    assert one(user, "compare").text == "Compare (1)"


async def test_models_are_found_by_words(user: User, trained: Trained):
    await user.open("/models")

    user.find(marker="search").type("cultivar linear")

    await eventually(lambda: {row["c1"] for row in listed(user).values()} == {"cultivar"})
    await user.should_see(" of ")


async def test_models_are_put_in_order_on_a_phone(user: User, services: Services, trained: Trained):
    await publish(services, "machines")
    await user.open("/models")

    one(user, "order").value = "target"
    await eventually(lambda: next(iter(listed(user).values()))["c1"] == "cultivar")
    one(user, "order").value = "rows"
    await eventually(lambda: next(iter(listed(user).values()))["c1"] == "time_for_failure")


async def test_models_two_to_five_are_compared(user: User, services: Services, trained: Trained):
    await user.open("/models")
    assert not one(user, "compare").enabled

    select(user, trained.classification.version)
    assert not one(user, "compare").enabled
    select(user, trained.classification.version, trained.regression.version)
    user.find(marker="compare").click()

    await user.should_see("Side by side")
    await user.should_see("They predict different targets")


async def test_models_more_than_five_are_too_many_to_compare(user: User, trained: Trained):
    await user.open("/models")
    select(user, *range(6))

    assert (one(user, "compare").text, one(user, "compare").enabled) == ("Compare (6)", False)


@pytest.fixture
async def empty_store(services: Services, no_active: None) -> AsyncIterator[None]:
    """The store without any version."""
    versions = services.models.store.folder / "versions"
    versions.rename(versions.with_suffix(".aside"))
    versions.mkdir()
    yield
    versions.rmdir()
    versions.with_suffix(".aside").rename(versions)


@pytest.mark.usefixtures("empty_store")
@pytest.mark.parametrize("path", ["/models", "/predict"])
async def test_pages_about_models_without_any_lead_to_training(user: User, path: str):
    await user.open(path)
    await user.should_see("There is no model yet")

    user.find(marker="go-train").click()

    await user.should_see(content="Train", kind=ui.label)


async def test_models_says_why_a_version_cannot_be_used(user: User, services: Services):
    version = await spare(services)
    store = services.models.store
    record = store.record(version)
    other: Any = record.model_copy(update={"library_versions": record.library_versions | {"scikit-learn": "0.1.0"}})
    old = store.add(store.file(version), other)

    await user.open("/models")

    assert "It was trained with scikit-learn 0.1.0" in listed(user)[old]["why"]
    assert listed(user)[version]["why"] == ""
    store.delete(old)
