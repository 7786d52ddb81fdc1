"""Models side by side."""

from nicegui import ui
from nicegui.testing import User

from mlapp.services import Services
from tests.pages.choosing import confirm, spare
from tests.pages.conftest import Trained, eventually, one


def charts(user: User) -> dict[str, list[str]]:
    """Return the names of what is drawn, by what the chart is about."""
    found = {}
    for chart in user.find(kind=ui.echart).elements:
        series = chart.options["series"]
        found[chart.props["aria-label"]] = [
            each.get("name", "") for each in (series if isinstance(series, list) else [series])
        ]
    return found


async def test_compare_lays_models_of_one_target_over_each_other(user: User, services: Services, trained: Trained):
    one_version, other = trained.classification.version, await spare(services, seed=7)

    await user.open(f"/models/compare?versions={one_version},{other}")

    await user.should_see(f"Models {one_version}, {other}.")
    await user.should_see("Balanced accuracy")
    await user.should_see("Seed")
    assert charts(user)["How often it was so over the probability given"][:2] == [
        f"Model {one_version}",
        f"Model {other}",
    ]
    await user.should_see(f"Right and wrong: Model {other}")
    await user.should_not_see("cannot be compared")


async def test_compare_draws_errors_of_regressions_as_outlines(user: User, services: Services, trained: Trained):
    version = trained.regression.version
    store = services.models.store
    other = store.add(store.file(version), store.record(version).model_copy(update={"data_sha256": "0" * 64}))

    await user.open(f"/models/compare?versions={version},{other}")

    await user.should_see("trained and judged on different tables")
    (errors,) = [
        chart for chart in user.find(kind=ui.echart).elements if "large the errors" in chart.props["aria-label"]
    ]
    assert [each["areaStyle"]["opacity"] for each in errors.options["series"]] == [0, 0]
    store.delete(other)


async def test_compare_of_different_targets_shows_no_plots(user: User, trained: Trained):
    await user.open(f"/models/compare?versions={trained.classification.version},{trained.regression.version}")

    await user.should_see("They predict different targets: their scores and plots cannot be compared.")
    await user.should_not_see(kind=ui.echart)


async def test_compare_marks_the_best_score(user: User, services: Services, trained: Trained):
    store, version = services.models.store, trained.classification.version
    record = store.record(version)
    worse = store.add(store.file(version), record.model_copy(update={"metrics": record.metrics | {"accuracy": 0.25}}))

    await user.open(f"/models/compare?versions={version},{worse}")

    stars = [icon for icon in user.find(kind=ui.icon).elements if icon.props.get("name") == "star"]
    assert len(stars) == 1
    await user.should_see("0.25")
    store.delete(worse)


async def test_compare_activates_one_and_follows(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    first, second = trained.regression.version, trained.classification.version
    await user.open(f"/models/compare?versions={first},{second}")
    await user.should_not_see(marker=f"activate-{first}")

    user.find(marker=f"activate-{second}").click()
    await user.should_see(f"Let model {second} answer from now on?")
    confirm(user, "Activate")

    await user.should_see(f"Model {second} answers from now on.")
    await user.should_see(marker=f"activate-{first}")


async def test_compare_does_not_activate_what_is_deleted_meanwhile(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    version = await spare(services)
    await user.open(f"/models/compare?versions={version},{trained.regression.version}")
    assert one(user, f"activate-{version}").enabled

    await services.models.delete(str(version))

    await eventually(lambda: not one(user, f"activate-{version}").enabled)


async def test_compare_takes_names_and_each_model_once(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    await user.open(f"/models/compare?versions=active, {trained.regression.version},")

    await user.should_see("Mark two to 5 of them in the list of models.")


async def test_compare_of_more_than_five_says_how_many(user: User, services: Services, trained: Trained):
    store, version = services.models.store, trained.regression.version
    copies = [store.add(store.file(version), store.record(version)) for _ in range(5)]

    await user.open(f"/models/compare?versions={','.join(map(str, [version, *copies]))}")

    await user.should_see("Choose models to compare")
    for copy in copies:
        store.delete(copy)


async def test_compare_of_nothing_leads_to_the_list(user: User, trained: Trained):
    await user.open("/models/compare")
    await user.should_see("Choose models to compare")

    user.find(marker="go-models").click()

    await user.should_see("Every training is kept as a version")


async def test_compare_of_an_unknown_model_is_not_found(user: User, trained: Trained):
    answer = await user.http_client.get(f"/models/compare?versions={trained.regression.version},99999")

    assert answer.status_code == 404
    assert "There is no model 99999" in answer.text
