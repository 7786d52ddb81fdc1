"""Compare page."""

from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import eventually, one
from tests.pages.steps import add_inactive, confirm

MODEL = "tasting"
PATH = f"/models/{MODEL}/versions/compare"


@pytest.fixture
async def active(services: Services) -> VersionInfo:
    """The active version of a model that the tests of this module share."""
    return await publish(services, "wine", MODEL)


def charts(user: User) -> dict[str, list[str]]:
    """Return the names of the series by the label of the chart."""
    found = {}
    for chart in user.find(kind=ui.echart).elements:
        series = chart.options["series"]
        found[chart.props["aria-label"]] = [
            each.get("name", "") for each in (series if isinstance(series, list) else [series])
        ]
    return found


async def test_versions_of_one_target_are_drawn_in_the_same_charts(user: User, services: Services, active: VersionInfo):
    other: dict[str, Any] = {"seed": 7, "parameters": dict.fromkeys(active.parameters, 99)}
    first, second = active.version, await add_inactive(services, MODEL, **other)

    await user.open(f"{PATH}?versions={first},{second}")

    await user.should_see(f"Versions {first}, {second}")
    await user.should_see("on the same table with the same columns")
    await user.should_see("Balanced accuracy")
    await user.should_see("Seed")
    calibration = charts(user)["Calibration: observed frequency against predicted probability"]
    assert calibration[:2] == [f"Version {first}", f"Version {second}"]
    await user.should_see(f"Confusion matrix: Version {second}")
    await user.should_see(marker="parameters")
    await user.should_not_see("not comparable")


async def test_versions_of_one_table_with_other_features_are_comparable(
    user: User, services: Services, active: VersionInfo
):
    fewer = await add_inactive(services, MODEL, features=active.features[1:], data_sha256="0" * 64)

    await user.open(f"{PATH}?versions={active.version},{fewer}")

    await user.should_see("on the same table with different columns: the scores are comparable")
    await user.should_see(f"Only version {active.version} uses '{active.features[0].name}'.")


async def test_errors_on_different_tables_are_drawn_without_a_star(user: User, services: Services):
    info = await publish(services, "machines", "engines")
    hashes: dict[str, Any] = {"data_sha256": "0" * 64, "table_sha256": "0" * 64}
    other = (await publish(services, "machines", "engines", metrics=info.metrics | {"r2": 0.1}, **hashes)).version

    await user.open(f"/models/engines/versions/compare?versions={info.version},{other}")

    await user.should_see("evaluated on different tables")
    await user.should_not_see(marker="best")
    (errors,) = [chart for chart in user.find(kind=ui.echart).elements if "errors" in chart.props["aria-label"]]
    assert [each["areaStyle"]["opacity"] for each in errors.options["series"]] == [0, 0]


async def test_versions_of_different_targets_have_no_plots(user: User, services: Services, active: VersionInfo):
    other = await add_inactive(services, MODEL, target="other")

    await user.open(f"{PATH}?versions={active.version},{other}")

    await user.should_see("different targets, so their scores are not comparable")
    await user.should_not_see(kind=ui.echart)


async def test_best_score_has_a_star(user: User, services: Services, active: VersionInfo):
    worse = await add_inactive(services, MODEL, metrics=active.metrics | {"accuracy": 0.25})

    await user.open(f"{PATH}?versions={active.version},{worse}")

    assert len(user.find(marker="best").elements) == 1
    await user.should_see("25.0 ± ")


async def test_version_that_is_too_good_has_a_warning_and_no_star(user: User, services: Services, active: VersionInfo):
    leaking = await add_inactive(services, MODEL, metrics=active.metrics | {"accuracy": 1.0})

    await user.open(f"{PATH}?versions={active.version},{leaking}")

    await user.should_see(f"Version {leaking}: too good to be true")
    await user.should_see(marker="doubtful")
    await user.should_not_see(marker="best")


async def test_version_is_activated_from_the_comparison(user: User, services: Services, active: VersionInfo):
    other = await add_inactive(services, MODEL)
    await user.open(f"{PATH}?versions={active.version},{other}")
    await user.should_not_see(marker=f"activate-{active.version}")

    user.find(marker=f"activate-{other}").click()
    await user.should_see(f"Activate version {other} of {MODEL}?")
    confirm(user, "Activate")

    await user.should_see(f"Version {other} is now active.")
    await user.should_see(marker=f"activate-{active.version}")


async def test_deleted_version_cannot_be_activated(user: User, services: Services, active: VersionInfo):
    version = await add_inactive(services, MODEL)
    await user.open(f"{PATH}?versions={version},{active.version}")
    assert one(user, f"activate-{version}").enabled

    await services.models.delete_version(MODEL, str(version))

    await eventually(lambda: not one(user, f"activate-{version}").enabled)


async def test_one_version_under_two_names_asks_for_more(user: User, active: VersionInfo):
    await user.open(f"{PATH}?versions=active, {active.version},")

    await user.should_see("Select 2 to 4 versions")


async def test_more_than_four_versions_ask_for_fewer(user: User, services: Services, active: VersionInfo):
    copies = [await add_inactive(services, MODEL) for _ in range(4)]

    await user.open(f"{PATH}?versions={','.join(map(str, [active.version, *copies]))}")

    await user.should_see("Choose versions to compare")


async def test_comparison_without_versions_links_to_the_list(user: User, active: VersionInfo):
    await user.open(PATH)
    await user.should_see("Choose versions to compare")

    user.find(marker=f"go-models-{MODEL}-versions").click()

    await user.should_see("Activation history")


@pytest.mark.parametrize("address", [f"{PATH}?versions=active,99999", "/models/nope/versions/compare?versions=1,2"])
async def test_comparison_of_unknown_versions_is_not_found(user: User, active: VersionInfo, address: str):
    answer = await user.http_client.get(address)

    assert answer.status_code == 404
