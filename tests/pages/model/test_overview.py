"""Overview tab."""

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import Condition, DataSource, Job, Slice
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, predict
from tests.services.misbehaving import Misbehaving, add_unloadable


def count(user: User, marker: str) -> int:
    return int(one(user, marker).text.replace(",", ""))


async def test_overview_shows_verdict_scores_and_origin_of_the_active_version(user: User, trained: TrainedVersions):
    await user.open("/models/wine")

    await user.should_see(content="of 100 cases", marker="verdict")
    await user.should_see("39.9%")
    await user.should_see("Always the most frequent value")
    await user.should_see(content="predicts cultivar from 13 columns", marker="since")
    for heading in ("Important columns", "Last hour", "Confusion matrix", "Where it is wrong", "Recent trainings"):
        await user.should_see(heading)


async def test_overview_shows_the_name_of_the_file(user: User, services: Services):
    await publish(services, "wine", "sales", source=DataSource(file="Q3 <b>sales</b>.csv"), note="Kept\nfor April")

    await user.open("/models/sales")

    await user.should_see("178 rows of the file Q3 <b>sales</b>.csv")
    await user.should_see("for April")
    await services.models.delete("sales")


async def test_overview_links_to_the_predict_tab(user: User, trained: TrainedVersions):
    await user.open("/models/machines")

    user.find(marker="go-models-machines-predict").click()

    await user.should_see(marker="prediction-card")


async def test_overview_says_plainly_that_a_version_is_no_better_than_its_baseline(
    user: User, services: Services, trained: TrainedVersions
):
    await publish(
        services, "machines", "worthless", metrics=trained.regression.baseline, warnings=["No better than that."]
    )

    await user.open("/models/worthless")

    await user.should_see("No better than that.")
    await user.should_see(content="No better than always predicting the average", marker="verdict")
    await user.should_see(marker="doubtful")
    await services.models.delete("worthless")


async def test_overview_warns_of_a_version_that_is_too_good(user: User, services: Services, trained: TrainedVersions):
    await publish(services, "machines", "leaky", metrics={"mae": 0.01, "rmse": 0.01, "r2": 0.9999})

    await user.open("/models/leaky")

    await user.should_see(content="Too good to be true", marker="verdict")
    await user.should_see(marker="doubtful")
    await services.models.delete("leaky")


async def test_overview_shows_the_largest_weak_spots_and_leads_to_the_others(user: User, services: Services):
    known = {"rows": 40, "error": 0.4, "elsewhere": 0.1, "standard_error": 0.05}
    slices = [Slice(conditions=[Condition(column="alcohol", above=n)], **known) for n in range(5)]
    await publish(services, "wine", "spotty", slices=slices)

    await user.open("/models/spotty")

    await user.should_see("and 2 smaller findings")
    assert len(user.find(marker="weak-spot").elements) == 3
    await services.models.delete("spotty")


async def test_overview_without_activation_history_shows_no_date(user: User, services: Services):
    await publish(services, "wine", "undated")
    (services.models.store.folder / "models" / "undated" / "history.jsonl").write_bytes(b"")

    await user.open("/models/undated")

    await user.should_see(content="Version 1", marker="since")
    assert "active since" not in one(user, "since").text
    await services.models.delete("undated")


async def test_overview_follows_the_active_version(user: User, services: Services):
    await publish(services, "wine", "followed")
    await user.open("/models/followed")
    await user.should_see(content="Version 1, active since", marker="since")

    await publish(services, "machines", "followed")

    await user.should_see(content="Version 2, active since", marker="since")
    await user.should_see(content="predicts time_for_failure from 6 columns", marker="since")
    await user.should_not_see("Confusion matrix")
    await services.models.delete("followed")


async def test_overview_of_a_model_without_an_active_version_follows_the_activation(user: User, services: Services):
    version = await add_inactive(services, "asleep")
    await user.open("/models/asleep")
    await user.should_see("No version is active")
    await user.should_not_see("Important columns")

    await services.models.activate("asleep", str(version))

    await user.should_see(marker="verdict")
    await user.should_not_see("No version is active")
    await services.models.delete("asleep")


async def test_overview_says_that_the_active_version_cannot_be_loaded(
    user: User, services: Services, caplog: pytest.LogCaptureFixture
):
    answering, store = await publish(services, "wine", "shaky"), services.models.store
    await services.prediction.fitted("shaky")
    unloadable = add_unloadable(store, "shaky", answering.version)
    store.activate("shaky", unloadable)
    await services.prediction.refresh("shaky")

    await user.open("/models/shaky")

    await user.should_see(f"Version {unloadable} of shaky cannot be loaded: RuntimeError: a screw is loose")
    await user.should_see(content=f"Version {answering.version}", marker="since")
    await services.models.delete("shaky")
    caplog.clear()  # The log of the broken version.


async def test_overview_counts_the_requests_to_this_model(
    user: User, http: httpx.AsyncClient, trained: TrainedVersions
):
    await user.open("/models/machines")
    before = count(user, "hour-rows")

    await predict(http, trained.classification, 5)
    await predict(http, trained.regression, 2)

    await eventually(lambda: count(user, "hour-rows") == before + 2)


async def test_overview_lists_the_trainings_of_this_model(user: User, services: Services):
    await publish(services, "wine", "untrained")
    await user.open("/models/untrained")
    await user.should_see("No recent trainings of this model.")

    options = {"estimator": "endless", "model": "untrained"}
    job = await services.training.submit(Misbehaving(dataset="wine", options=options))

    await user.should_see(marker=f"job-{job.id}")
    await user.should_see(content="part 1 of 5", marker="stage")
    await user.should_not_see("No recent trainings of this model.")
    await services.jobs.cancel(job.id)
    await user.should_see("The training was cancelled.")


async def test_overview_does_not_list_trainings_of_others(user: User, endless: Job, trained: TrainedVersions):
    await user.open("/models/machines")

    await user.should_see(marker="verdict")
    await user.should_not_see(marker=f"job-{endless.id}")
