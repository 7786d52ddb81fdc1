"""The result of a training on the Train page."""

import asyncio
from pathlib import Path

import pytest
from nicegui.testing import User

from mlapp.schemas import Format, Submission, VersionInfo
from mlapp.services import Services
from pages.components.model.summary import train_without_path
from pages.components.training.result import TrainingResult
from pages.session.site import Site
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import confirm, make_default

pytestmark = pytest.mark.slow

MODEL = "harvest"


async def train(services: Services, dataset: str = "wine", **options: object) -> tuple[VersionInfo, int]:
    """Train a version, and return it with the number of its job."""
    sent = {"model": MODEL, "estimator": "linear", **options}
    info = await services.training.train(Submission(dataset=dataset, options=sent))
    return info, (await services.jobs.jobs())[0].id


async def open_result(user: User, services: Services, **options: str) -> VersionInfo:
    """Train a version, and open the page of its training."""
    info, job = await train(services, **options)
    await user.open(f"/train?job={job}")
    await user.should_see(marker="result-heading")
    return info


@pytest.fixture
async def active(services: Services) -> VersionInfo:
    """The active version of the model, before the training."""
    return await publish(services, "wine", MODEL)


@pytest.fixture
async def inactive(user: User, services: Services, active: VersionInfo) -> VersionInfo:
    """A version that was to be stored only, on the page of its training."""
    return await open_result(user, services, activate="never")


@pytest.fixture
async def breaking(user: User, services: Services, active: VersionInfo) -> VersionInfo:
    """A version that would break callers, on the page of its training."""
    return await open_result(user, services, dataset="machines")


async def test_result_says_that_the_version_answers_now(user: User, services: Services, active: VersionInfo):
    info = await open_result(user, services)

    await user.should_see(f"{MODEL}, version {info.version} answers now.")
    await user.should_see(marker="verdict")
    await user.should_not_see(marker="activate-it")


async def test_result_of_the_default_model_says_so(user: User, services: Services, active: VersionInfo):
    await make_default(services, MODEL)

    await open_result(user, services)

    await user.should_see(f"{MODEL} is the default model: it answers programs that name no model.")


async def test_leaky_training_from_elsewhere_asks_for_its_table(user: User, services: Services, tmp_path: Path):
    table = tmp_path / "leak.csv"
    table.write_text("x,noise,y\n" + "".join(f"{n},{n * 7 % 13},{'low' if n < 90 else 'high'}\n" for n in range(180)))
    options = {"model": "leak-elsewhere", "estimator": "linear", "target": "y"}
    info = await services.training.train(Submission(path=str(table), format=Format.CSV, options=options))
    job = (await services.jobs.jobs())[0].id
    await user.open(f"/train?job={job}")
    await user.should_see("Too good to be true: 'x' gives 'y' away.")

    user.find(marker="train-without").click()

    await eventually(lambda: user.back_history[-1] == train_without_path(info))


async def test_deleted_version_is_said_to_be_so(user: User, services: Services, active: VersionInfo):
    info, job = await train(services, activate="never")
    await services.models.delete_version(MODEL, str(info.version))

    await user.open(f"/train?job={job}")

    await user.should_see(f"{MODEL}, version {info.version} was trained but has since been deleted.")


async def test_deleted_model_is_noticed(user: User, services: Services):
    info, job = await train(services, model="one-day", activate="never")
    await user.open(f"/train?job={job}")
    await user.should_see("one-day, version 1 is stored, but not activated.")

    await services.models.delete("one-day")

    await user.should_see(f"one-day, version {info.version} was trained but has since been deleted.")


async def test_result_links_to_the_version(user: User, inactive: VersionInfo):
    user.find("Details").click()

    await user.should_see("Activation history")


async def test_breaking_version_keeps_the_active_one_and_says_why(
    user: User, active: VersionInfo, breaking: VersionInfo
):
    reason = (
        f"It would break programs that use version {active.version}: predicts 'time_for_failure' instead of 'cultivar'"
    )

    await user.should_see(f"{MODEL}, version {breaking.version} is stored, but not activated.")
    await user.should_see(f"Version {active.version} keeps answering.")
    await user.should_see(reason)
    user.find(f"Keep version {active.version}").click()

    await user.should_not_see(reason)
    await user.should_not_see(marker="keep")
    await user.should_see(marker="activate-it")


async def test_breaking_version_is_activated_after_a_question(user: User, services: Services, breaking: VersionInfo):
    user.find("Activate it anyway").click()
    await user.should_see("Predicts 'time_for_failure' instead of 'cultivar'.")
    confirm(user, "Activate")

    await user.should_see(f"{MODEL}, version {breaking.version} answers now.")
    await user.should_not_see(marker="discard")
    assert (await services.models.version(MODEL, "active")).version == breaking.version


async def test_result_discards_a_version_after_confirmation(user: User, services: Services, inactive: VersionInfo):
    user.find(marker="discard").click()
    await user.should_see("It will be deleted permanently.")
    assert (await services.models.version(MODEL, "latest")).version == inactive.version
    user.find(marker="confirm").click()

    await user.should_see(f"{MODEL}, version {inactive.version} was trained but has since been deleted.")
    await user.should_not_see(marker="plots")


async def test_result_follows_an_activation_elsewhere(user: User, services: Services, inactive: VersionInfo):
    await services.models.activate(MODEL, str(inactive.version))

    await user.should_see("answers now.")


async def test_result_says_why_a_version_cannot_be_discarded(user: User, services: Services, inactive: VersionInfo):
    user.find(marker="discard").click()
    await services.models.activate(MODEL, str(inactive.version))

    user.find(marker="confirm").click()

    await user.should_see(f"Version {inactive.version} of model '{MODEL}' is active")


async def test_result_without_an_active_version_does_not_name_one(user: User, services: Services):
    await open_result(user, services, model="dormant", activate="never")

    await user.should_see("dormant, version 1 is stored, but not activated.")
    await user.should_not_see("keeps answering")


async def test_result_shows_the_plots_of_the_version(user: User, services: Services):
    await open_result(user, services, model="machine-park", dataset="machines")

    await user.should_see("Predicted and actual")
    await user.should_see("Important columns")


async def test_result_that_has_not_changed_is_not_drawn_again(user: User, site: Site, trained: TrainedVersions):
    await user.open("/train")
    with user:
        result = TrainingResult(site, lambda _: None)
        await result.show("machines", trained.regression.version)
    heading = one(user, "result-heading")

    await result._update()

    assert one(user, "result-heading") is heading


async def test_result_cleared_during_an_update_stays_cleared(user: User, site: Site, trained: TrainedVersions):
    await user.open("/train")
    with user:
        result = TrainingResult(site, lambda _: None)
        await result.show("machines", trained.regression.version)
    await user.should_see(marker="result-heading")

    site.live.models_changed.emit()
    await asyncio.sleep(0)
    result.clear()
    site.live.models_changed.emit()

    await user.should_not_see(marker="result-heading")


async def test_result_cleared_while_loading_is_not_shown(user: User, site: Site, trained: TrainedVersions):
    await user.open("/train")
    with user:
        result = TrainingResult(site, lambda _: None)
        showing = asyncio.create_task(result.show("machines", trained.regression.version))
    await asyncio.sleep(0)

    result.clear()
    await showing

    await user.should_not_see(marker="result")
