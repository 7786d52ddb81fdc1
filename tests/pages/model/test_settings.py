"""Settings tab."""

from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import ActivationPolicy, ModelPatch
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, confirm, make_default

HOSTILE = "<img src=x onerror=alert(1)>"


def texts(user: User) -> str:
    return " ".join(label.text for label in user.find(kind=ui.label).elements)


async def test_description_is_saved_and_shown_in_the_heading(user: User, services: Services, trained: TrainedVersions):
    await user.open("/models/wine/settings")
    assert not one(user, "save-description").enabled

    with user:
        one(user, "description-text").set_value(f"  {HOSTILE} ")
    user.find(marker="save-description").click()

    await user.should_see("The description is saved.")
    await user.should_see(content=HOSTILE, marker="description")
    assert (await services.models.get("wine")).description == HOSTILE
    assert not one(user, "save-description").enabled
    await services.models.update("wine", ModelPatch(description=""))


async def test_description_that_is_being_edited_stays(user: User, services: Services, trained: TrainedVersions):
    await user.open("/models/wine/settings")
    with user:
        one(user, "description-text").set_value("mine")

    await services.models.update("wine", ModelPatch(description="theirs"))
    await publish(services, "wine")

    await user.should_see(content="theirs", marker="description")
    assert one(user, "description-text").value == "mine"
    await services.models.update("wine", ModelPatch(description=""))


async def test_description_of_others_is_shown(user: User, services: Services, trained: TrainedVersions):
    await user.open("/models/wine/settings")

    await services.models.update("wine", ModelPatch(description="theirs"))
    await publish(services, "wine")

    await eventually(lambda: bool(one(user, "description-text").value == "theirs"))
    await services.models.update("wine", ModelPatch(description=""))


async def test_activation_policy_is_saved_at_once(user: User, services: Services):
    await publish(services, "wine", "policy")
    await user.open("/models/policy/settings")

    with user:
        one(user, "policy").set_value(ActivationPolicy.NEVER)

    await user.should_see("New versions become active: never.")
    assert (await services.models.get("policy")).activation is ActivationPolicy.NEVER
    await services.models.delete("policy")


async def test_activation_policy_of_others_is_shown(user: User, services: Services):
    await publish(services, "wine", "policy")
    await user.open("/models/policy/settings")

    await services.models.update("policy", ModelPatch(activation=ActivationPolicy.ALWAYS))
    await publish(services, "wine", "policy")

    await eventually(lambda: bool(one(user, "policy").value is ActivationPolicy.ALWAYS))
    await services.models.delete("policy")


async def test_model_becomes_the_default_one_after_showing_what_changes(
    user: User, services: Services, trained: TrainedVersions
):
    await make_default(services, "machines")
    await user.open("/models/wine/settings")
    await user.should_see(content="get the answers of machines.", marker="default-text")

    user.find(marker="make-default").click()
    await user.should_see("get the answers of wine instead of machines.")
    await user.should_see("It predicts cultivar instead of time_for_failure.")
    confirm(user, "Make default")

    await user.should_see("wine is now the default model.")
    await user.should_see(content="wine is the default model", marker="default-text")
    await user.should_not_see(marker="make-default")
    assert await services.models.default() == "wine"
    await make_default(services, "machines")


async def test_model_without_an_active_version_cannot_be_made_the_default_one(user: User, services: Services):
    await add_inactive(services, "waiting")

    await user.open("/models/waiting/settings")

    await user.should_see("None of its versions is active")
    assert not one(user, "make-default").enabled
    await services.models.delete("waiting")


async def test_default_model_cannot_be_deleted_while_there_are_others(
    user: User, services: Services, trained: TrainedVersions
):
    await make_default(services, "machines")

    await user.open("/models/machines/settings")

    await user.should_see("Make another one the default first.")
    assert not one(user, "delete-model").enabled
    await make_default(services, "wine")
    await user.should_not_see("Make another one the default first.")
    assert one(user, "delete-model").enabled
    await make_default(services, "machines")


async def test_model_is_deleted_after_saying_what_goes(user: User, services: Services, trained: TrainedVersions):
    for _ in range(2):
        await publish(services, "wine", "doomed")
    await user.open("/models/doomed/settings")

    user.find(marker="delete-model").click()
    await user.should_see("2 versions and the activation history are deleted.")
    await user.should_see("Programs that use it get an error.")
    assert "Programs that name no model get no answer" not in texts(user)
    confirm(user, "Delete")

    await user.should_see("doomed is deleted.")
    await user.should_see("doomed was deleted")
    assert "doomed" not in (await services.models.state()).models


async def test_deletion_that_has_become_impossible_says_why(user: User, services: Services, trained: TrainedVersions):
    await publish(services, "wine", "promoted")
    await user.open("/models/promoted/settings")
    user.find(marker="delete-model").click()
    await user.should_see("1 version and the activation history are deleted.")

    await make_default(services, "promoted")
    confirm(user, "Delete")

    await user.should_see("'promoted' is the default model")
    await make_default(services, "machines")
    await services.models.delete("promoted")


async def test_last_model_can_be_deleted(user: User, services: Services, no_models: None):
    await publish(services, "wine", "only")
    await user.open("/models/only/settings")

    user.find(marker="delete-model").click()
    await user.should_see("Programs that name no model get no answer until another model is trained.")
    confirm(user, "Delete")

    await user.should_see("only was deleted")


async def test_settings_without_a_default_model_say_so(user: User, services: Services, no_models: None):
    for name in ("first", "second"):
        await add_inactive(services, name)
    await user.open("/models/first/settings")
    await user.should_see(content="There is no default model", marker="default-text")

    await services.models.activate("first", "1")

    await user.should_see(content="first is the default model", marker="default-text")
