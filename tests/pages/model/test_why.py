"""Why a row is predicted so, on the Predict tab."""

import pytest
from nicegui.testing import User

from mlapp.presentation.formats import format_number
from mlapp.services import Services
from mlapp.services.prediction import limits
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one

PREDICT = "/models/machines/predict"


async def test_contributions_stand_beside_the_prediction(user: User, trained: TrainedVersions):
    info = trained.regression

    await user.open(PREDICT)

    await user.should_see("Average prediction")
    await user.should_see("This row")
    await user.should_see(f"{info.features[0].name} = ")


async def test_contributions_to_a_class_name_it(user: User, trained: TrainedVersions):
    await user.open("/models/wine/predict")

    await user.should_see("Why cultivar = class_0")
    await user.should_see("Average probability")
    await user.should_see("points")


async def test_contributions_follow_the_values(user: User, trained: TrainedVersions):
    await user.open(PREDICT)
    await user.should_see("Average prediction")

    with user:
        one(user, "feature-0").set_value(33)

    await user.should_see(f"{trained.regression.features[0].name} = 33")


async def test_values_are_compared_with_kept_ones(user: User, trained: TrainedVersions):
    await user.open(PREDICT)
    await user.should_see("Average prediction")
    name = trained.regression.features[0].name

    user.find(marker="keep").click()
    await user.should_see("Kept values")
    with user:
        one(user, "feature-0").set_value(33)

    await user.should_see(f"{name}: {format_number(float(str(trained.regression.features[0].example)))} → 33")


async def test_versions_are_compared_on_the_same_values(user: User, services: Services, trained: TrainedVersions):
    other = await publish(services, "machines", activate=False)
    await user.open(PREDICT)
    await user.should_see("Average prediction")

    with user:
        one(user, "compare-with").set_value(other.version)

    await user.should_see(content=f"Version {other.version}", marker="reason")
    await user.should_not_see("Average prediction")


async def test_a_reason_why_there_are_no_contributions_is_shown(
    user: User, trained: TrainedVersions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MAX_EXPLAIN_WAIT_S", -1.0)

    await user.open(PREDICT)

    await user.should_see("More explanations are requested than can be made in time")


async def test_a_deleted_version_is_no_longer_compared_with(user: User, services: Services, trained: TrainedVersions):
    other = await publish(services, "machines", activate=False)
    await user.open(PREDICT)
    with user:
        one(user, "compare-with").set_value(other.version)
    await user.should_see(content=f"Version {other.version}", marker="reason")

    await services.models.delete_version("machines", str(other.version))

    await user.should_see("Average prediction")
    await eventually(lambda: other.version not in one(user, "compare-with").options)
