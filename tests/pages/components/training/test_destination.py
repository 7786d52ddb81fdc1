"""The model that a training on the Train page is for."""

import pytest
from nicegui.testing import User

from mlapp.schemas import ActivationPolicy, ModelPatch
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import drop, eventually, one
from tests.pages.steps import add_inactive

pytestmark = pytest.mark.slow

CSV = b"x,kind,y\n" + b"".join(b"%d,%c,%d\n" % (n, b"ab"[n % 2], 3 * n) for n in range(40))


@pytest.fixture
async def form(user: User) -> User:
    """A user who has uploaded a table."""
    await user.open("/train")
    await drop(user, "Q3 Sales.csv", CSV)
    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see(marker="train")
    return user


@pytest.fixture
async def vintage(services: Services) -> int:
    """The active version of a model, which predicts something else."""
    return (await publish(services, "wine", "vintage")).version


def name(user: User, text: str) -> None:
    """Type the name of the model."""
    with user:
        one(user, "model").set_value(text)


def status(user: User) -> str:
    text: str = one(user, "model-status").text
    return text


async def test_model_is_named_after_the_file(form: User):
    assert one(form, "model").value == "q3-sales"
    await form.should_see("New model q3-sales")
    assert one(form, "train-title").text == "New model q3-sales"


async def test_own_name_stays_when_another_file_is_dropped(form: User):
    name(form, "my-model")

    await drop(form, "other.csv", CSV)

    await form.should_see("other.csv")
    await form.should_see("New model my-model")


async def test_suggested_name_follows_the_file(form: User):
    await drop(form, "other.csv", CSV)

    await form.should_see("New model other")


async def test_name_of_the_query_is_kept_for_a_file(user: User):
    await user.open("/train?model=my-model")
    await user.should_see("For a new model, my-model.")

    await drop(user, "other.csv", CSV)

    await user.should_see("New model my-model")
    await user.should_not_see(marker="purpose")
    await user.open("/train")
    await user.should_see("New model my-model")


async def test_table_of_another_model_is_not_restored(form: User):
    await form.open("/train?model=my-model")

    await form.should_see("For a new model, my-model.")
    await form.should_see(marker="dataset-wine")
    await form.should_not_see(marker="table-name")
    await form.should_not_see(marker="train")


async def test_invalid_name_of_the_query_is_ignored(user: User):
    await user.open("/train?model=Q3%20Sales")

    await user.should_see(marker="dataset-wine")
    await user.should_not_see(marker="purpose")


async def test_invalid_name_is_explained_and_a_slug_offered(form: User):
    name(form, "Über alles")

    await form.should_see("A name has lower-case letters")
    assert (status(form), one(form, "train").enabled) == ("", False)
    await form.should_see("Correct the name of the model.")
    form.find(marker="use-slug").click()

    await eventually(lambda: one(form, "model").value == "uber-alles")
    assert one(form, "train").enabled
    await form.should_not_see("A name has lower-case letters")


async def test_name_without_letters_has_no_slug(form: User):
    name(form, "?!")

    await form.should_see("A name has lower-case letters")
    await form.should_not_see(marker="use-slug")


async def test_emptied_name_is_the_suggested_one(form: User):
    name(form, "")

    assert status(form) == "New model q3-sales"


async def test_version_that_would_break_callers_is_announced_with_another_name(form: User, vintage: int):
    name(form, "vintage")

    await form.should_see(f"Version {vintage + 1} of vintage")
    reason = (
        f"The new version would break programs that use version {vintage}: predicts 'y' instead of 'cultivar'; needs"
    )
    await form.should_see(reason)
    await form.should_see("It will not be activated.")
    form.find(marker="train-as").click()

    await eventually(lambda: status(form) == "New model vintage-2")
    await form.should_not_see(marker="data-warning", content=reason)
    await form.should_not_see("It will not be activated.")


async def test_what_another_model_would_break_is_forgotten_with_its_name(form: User, vintage: int):
    name(form, "vintage")
    await form.should_see("It will not be activated.")

    name(form, "vintage-to-come")

    assert status(form) == "New model vintage-to-come"
    await form.should_not_see("It will not be activated.")


async def test_other_columns_change_what_would_break_callers(form: User, services: Services, vintage: int):
    await add_inactive(services, "vintage-2")
    name(form, "vintage")
    await form.should_see("needs 'x', 'kind', which")

    form.find(marker="column-1-ignore").click()

    await form.should_see("needs 'x', which")
    await form.should_see("Train as vintage-3")


async def test_policy_of_the_model_is_shown_and_can_be_overruled(form: User, services: Services, vintage: int):
    await services.models.update("vintage", ModelPatch(activation=ActivationPolicy.ALWAYS))
    name(form, "vintage")
    await form.should_see(f"It will answer nevertheless, instead of version {vintage}.")
    await form.should_see("It will break callers.")
    assert one(form, "activate").value == "always"

    with form:
        one(form, "activate").set_value("never")

    await eventually(lambda: status(form).endswith("of vintage, to be stored without being activated"))
    await form.should_not_see(marker="train-as")
    await services.models.update("vintage", ModelPatch(activation=ActivationPolicy.AUTO))


async def test_model_that_appears_or_vanishes_is_noticed(form: User, services: Services):
    name(form, "sudden")
    await form.should_see("New model sudden")

    await publish(services, "wine", "sudden")
    await form.should_see("Version 2 of sudden")
    await services.models.delete("sudden")

    await form.should_see("New model sudden")
    await form.should_not_see("Checking the table")


async def test_names_of_models_are_suggested(form: User, vintage: int):
    (datalist,) = [
        child for child in form.find(marker="settings").elements.pop().descendants() if child.tag == "datalist"
    ]

    assert "vintage" in [option.props["value"] for option in datalist]


async def test_why_leads_to_the_reasons(form: User, vintage: int):
    name(form, "vintage")
    await form.should_see("It will not be activated.")

    form.find(marker="why").click()

    await form.should_see(marker="model-notice")


async def test_shown_name_is_that_of_the_training(form: User, services: Services):
    with form:
        one(form, "estimator").set_value("linear")
    name(form, "spelled-out")

    form.find(marker="train").click()

    await form.should_see("spelled-out, version 1 answers now.")
    assert (await services.jobs.jobs())[0].model == "spelled-out"
