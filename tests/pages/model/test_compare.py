"""Compare page."""

from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import add_inactive, confirm


def charts(user: User) -> dict[str, list[str]]:
    """Return the names of the series by the label of the chart."""
    found = {}
    for chart in user.find(kind=ui.echart).elements:
        series = chart.options["series"]
        found[chart.props["aria-label"]] = [
            each.get("name", "") for each in (series if isinstance(series, list) else [series])
        ]
    return found


async def test_compare_draws_models_of_one_target_in_the_same_charts(
    user: User, services: Services, trained: TrainedVersions
):
    first, second = trained.classification.version, await add_inactive(services, seed=7)

    await user.open(f"/models/compare?versions={first},{second}")

    await user.should_see(f"Models {first}, {second}.")
    await user.should_see("Balanced accuracy")
    await user.should_see("Seed")
    calibration = charts(user)["Calibration: observed frequency against predicted probability"]
    assert calibration[:2] == [f"Model {first}", f"Model {second}"]
    await user.should_see(f"Confusion matrix: Model {second}")
    await user.should_not_see("cannot be compared")


async def test_compare_draws_errors_without_overlapping_areas(user: User, services: Services, trained: TrainedVersions):
    version = trained.regression.version
    store = services.models.store
    other = store.add(store.file(version), store.record(version).model_copy(update={"data_sha256": "0" * 64}))

    await user.open(f"/models/compare?versions={version},{other}")

    await user.should_see("evaluated on different tables")
    (errors,) = [chart for chart in user.find(kind=ui.echart).elements if "errors" in chart.props["aria-label"]]
    assert [each["areaStyle"]["opacity"] for each in errors.options["series"]] == [0, 0]
    store.delete(other)


async def test_compare_of_different_targets_shows_no_plots(user: User, trained: TrainedVersions):
    await user.open(f"/models/compare?versions={trained.classification.version},{trained.regression.version}")

    await user.should_see("predict different targets")
    await user.should_not_see(kind=ui.echart)


async def test_compare_marks_the_best_score(user: User, services: Services, trained: TrainedVersions):
    store, version = services.models.store, trained.classification.version
    record = store.record(version)
    worse = store.add(store.file(version), record.model_copy(update={"metrics": record.metrics | {"accuracy": 0.25}}))

    await user.open(f"/models/compare?versions={version},{worse}")

    stars = [icon for icon in user.find(kind=ui.icon).elements if icon.props.get("name") == "star"]
    assert len(stars) == 1
    await user.should_see("0.25")
    store.delete(worse)


async def test_compare_activates_a_model_and_updates(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    first, second = trained.regression.version, trained.classification.version
    await user.open(f"/models/compare?versions={first},{second}")
    await user.should_not_see(marker=f"activate-{first}")

    user.find(marker=f"activate-{second}").click()
    await user.should_see(f"Activate model {second}?")
    confirm(user, "Activate")

    await user.should_see(f"Model {second} is now active.")
    await user.should_see(marker=f"activate-{first}")


async def test_compare_disables_activation_of_a_deleted_model(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    version = await add_inactive(services)
    await user.open(f"/models/compare?versions={version},{trained.regression.version}")
    assert one(user, f"activate-{version}").enabled

    await services.models.delete(str(version))

    await eventually(lambda: not one(user, f"activate-{version}").enabled)


async def test_compare_of_one_model_under_two_names_asks_for_more(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))

    await user.open(f"/models/compare?versions=active, {trained.regression.version},")

    await user.should_see("Select two to 5 models")


async def test_compare_of_more_than_five_asks_for_fewer(user: User, services: Services, trained: TrainedVersions):
    store, version = services.models.store, trained.regression.version
    copies = [store.add(store.file(version), store.record(version)) for _ in range(5)]

    await user.open(f"/models/compare?versions={','.join(map(str, [version, *copies]))}")

    await user.should_see("Choose models to compare")
    for copy in copies:
        store.delete(copy)


async def test_compare_without_models_links_to_the_list(user: User, trained: TrainedVersions):
    await user.open("/models/compare")
    await user.should_see("Choose models to compare")

    user.find(marker="go-models").click()

    await user.should_see("Each training creates a version")


async def test_compare_of_an_unknown_model_is_not_found(user: User, trained: TrainedVersions):
    answer = await user.http_client.get(f"/models/compare?versions={trained.regression.version},99999")

    assert answer.status_code == 404
    assert "99999" in answer.text
