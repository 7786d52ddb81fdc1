"""Predict form: controls of all feature types, examples and what-if charts."""

from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import ColumnType, Feature, Format, Model, Submission
from mlapp.services import Services
from pages.components.forms.controls import control as control_of
from tests.pages.conftest import TrainedModels, eventually, one

TOWNS = [f"town {n}" for n in range(25)]
ROWS = [
    {
        "size": n % 50,
        "weight": n % 50 / 8,
        "tiny": n % 50 * 1e-12,
        "same": 7,
        "kind": "abc"[n % 3],
        "town": TOWNS[n % 25],
        "day": f"2024-01-{n % 28 + 1:02}",
        "open": n % 4 == 0,
        "empty": None,
    }
    | {f"more {place}": (n * place) % 31 for place in range(2, 8)}
    | {"price": n % 50 * 3 + n % 3}
    for n in range(150)
]


@pytest.fixture(scope="session")
async def rich(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model with features of every type, one of them without values."""
    file = tmp_path_factory.mktemp("rich") / "rich.csv"
    pl.DataFrame(ROWS).write_csv(file)
    names = [name for name in ROWS[0] if name != "price"]
    options = {"target": "price", "estimator": "linear", "features": names}
    services: Services = app.state.services
    return await services.training.train(
        Submission(path=str(file), format=Format.CSV, name="rich.csv", options=options)
    )


@pytest.fixture
async def form(user: User, rich: Model) -> User:
    """A user on the Predict page of that model."""
    await user.open(f"/predict?version={rich.version}")
    await user.should_see("in about 90% of cases")
    await user.should_see(marker="curve")
    return user


def control(user: User, model: Model, name: str, part: str = "") -> Any:
    """Return the control of a feature, or a part of it."""
    place = [feature.name for feature in model.features].index(name)
    return one(user, f"feature-{place}{part}")


def record(model: Model) -> dict[str, Any]:
    return {feature.name: feature.example for feature in model.features}


def curl_sample(user: User) -> str:
    """Return the curl sample, which holds the current values."""
    code: str = one(user, "curl").content
    return code


async def test_form_has_a_control_for_each_type(form: User, rich: Model):
    kinds = {
        "size": ui.number,
        "kind": ui.toggle,
        "town": ui.select,
        "day": ui.input,
        "open": ui.switch,
        "empty": ui.select,
    }
    for name, kind in kinds.items():
        assert isinstance(control(form, rich, name), kind), name
    await form.should_see("0 to 49 in training")
    await form.should_see("no values in training")
    await form.should_see("true or false")


async def test_form_folds_the_less_important_features(form: User):
    await form.should_see("3 more features")


async def test_form_slider_sets_the_field_and_follows_it(form: User, rich: Model):
    field, slider = control(form, rich, "size"), control(form, rich, "size", "-slider")

    with form:
        slider.set_value(17)
    await eventually(lambda: '"size": 17' in curl_sample(form))
    assert field.value == 17

    with form:
        field.set_value(400)
    await form.should_see("400 is outside 0–49 seen in training")
    assert (field.value, slider.value) == (400, 49)

    with form:
        field.set_value(None)
    await eventually(lambda: '"size": null' in curl_sample(form))
    assert slider.value == 49


async def test_form_has_no_slider_without_a_suitable_range(form: User, rich: Model):
    places = [feature.name for feature in rich.features]

    for name in ("tiny", "same", "empty"):
        with pytest.raises(AssertionError):
            form.find(marker=f"feature-{places.index(name)}-slider")

    with form:
        control(form, rich, "tiny").set_value(2e-12)
    await eventually(lambda: '"tiny": 2e-12' in curl_sample(form))


async def test_form_toggle_can_be_set_to_missing(form: User, rich: Model):
    toggle = control(form, rich, "kind")
    categories = next(feature.categories for feature in rich.features if feature.name == "kind") or []

    with form:
        toggle.set_value(1)
    await eventually(lambda: f'"kind": "{categories[1]}"' in curl_sample(form))
    with form:
        toggle.set_value(3)

    await eventually(lambda: '"kind": null' in curl_sample(form))


async def test_form_switch_can_be_set_to_missing(form: User, rich: Model):
    with form:
        control(form, rich, "open").set_value(not record(rich)["open"])
    await eventually(lambda: f'"open": {str(not record(rich)["open"]).lower()}' in curl_sample(form))

    form.find(marker=control(form, rich, "open", "-missing")._markers[0]).click()

    await eventually(lambda: '"open": null' in curl_sample(form))


async def test_form_calendar_changes_the_day_and_keeps_the_time(form: User, rich: Model):
    field, calendar = control(form, rich, "day"), control(form, rich, "day", "-calendar")
    with form:
        field.set_value("2024-01-05T13:30:00")
    assert calendar.value == "2024-01-05"

    with form:
        calendar.set_value("2024-01-09")

    await eventually(lambda: '"day": "2024-01-09T13:30:00"' in curl_sample(form))


async def test_form_warns_of_an_unknown_category(form: User, rich: Model):
    town = control(form, rich, "town")

    form.find(marker=town._markers[0]).trigger("new-value", "nowhere")
    with form:
        town.set_options([*town.options, "nowhere"], value="nowhere")

    await form.should_see("'nowhere' was never seen in training")


async def test_form_shows_an_example_with_an_unlisted_category(user: User):
    feature = Feature(name="town", type=ColumnType.CATEGORY, required=True, categories=list("abcdef"), example="rare")

    @ui.page("/rare-category")
    def page() -> None:
        control_of(feature, "rare", lambda _: None)

    await user.open("/rare-category")

    assert one(user, "rare").value == "rare"


async def test_form_shows_the_next_example_and_resets(form: User, rich: Model):
    first, second = rich.examples[:2]
    place = [feature.name for feature in rich.features].index("size")
    assert first[place] != second[place]

    form.find(marker="another").click()
    await eventually(lambda: f'"size": {second[place]}' in curl_sample(form))
    assert control(form, rich, "size").value == second[place]

    form.find(marker="reset").click()
    await eventually(lambda: f'"size": {first[place]}' in curl_sample(form))


@pytest.mark.parametrize(
    ("name", "axes", "mark"),
    [
        ("size", ("value", "value"), "the dashed line marks the current value"),
        ("day", ("time", "value"), "the dashed line marks the current value"),
        ("kind", ("value", "category"), "the current value is bold"),
        ("open", ("value", "category"), "the current value is bold"),
    ],
)
async def test_what_if_draws_each_type(form: User, name: str, axes: tuple[str, str], mark: str):
    with form:
        one(form, "what-if-feature").set_value(name)

    await eventually(lambda: curve(form)[:2] == axes)
    await form.should_see(mark)


def curve(user: User) -> tuple[str, str, list[dict[str, Any]]]:
    """Return the kinds of the axes, and the series."""
    for chart in user.find(kind=ui.echart).elements:
        if "curve" in chart._markers:
            options = chart.options
            return options["xAxis"]["type"], options["yAxis"]["type"], options["series"]
    return "", "", []


async def test_what_if_marks_the_current_value_in_place(form: User, rich: Model):
    with form:
        one(form, "what-if-feature").set_value("size")
    await eventually(lambda: one(form, "curve").props["aria-label"] == "How price changes with size")
    chart = one(form, "curve")

    with form:
        control(form, rich, "size").set_value(23)

    await eventually(lambda: curve(form)[2][-1]["markLine"]["data"] == [{"xAxis": 23}])
    assert one(form, "curve") is chart
    with form:
        control(form, rich, "size").set_value(None)
    await eventually(lambda: curve(form)[2][-1]["markLine"]["data"] == [])


async def test_what_if_without_values_says_why_there_is_no_curve(form: User, rich: Model):
    with form:
        one(form, "what-if-feature").set_value("empty")

    await form.should_see("There is no value of 'empty'")
    with form:
        control(form, rich, "empty").set_options(["some"], value="some")
    await form.should_see("the current value is bold")


async def test_what_if_of_classes_shows_their_probabilities(user: User, http: httpx.AsyncClient):
    rows = [{"x": n, "kind": "abcdef"[n % 6] * 5, "y": ["low", "high"][n > 20]} for n in range(40)]
    trained = await http.post("/train", json={"records": rows, "target": "y", "estimator": "linear"})
    await user.open(f"/predict?version={trained.json()['version']}")
    await user.should_see("Probabilities of the most likely classes.")

    for name, axes in (("kind", ("value", "category")), ("x", ("value", "value"))):
        with user:
            one(user, "what-if-feature").set_value(name)

        await eventually(lambda: curve(user)[:2] == axes)  # noqa: B023 - awaited within the iteration
        assert {series["name"] for series in curve(user)[2]} == {"low", "high"}


async def test_predict_says_when_another_model_is_activated(
    user: User, services: Services, rich: Model, trained: TrainedModels
):
    await services.models.activate(str(rich.version))
    await user.open("/predict")
    await user.should_see("in about 90% of cases")

    await services.models.activate(str(trained.regression.version))

    await user.should_see(f"this page still uses model {rich.version}.")
    await user.should_see(marker="switch")


async def test_predict_opens_the_selected_version(user: User, rich: Model):
    await user.open("/predict")
    await user.should_see(marker="version")

    with user:
        one(user, "version").set_value(rich.version)

    await user.should_see(f"Model {rich.version} predicts price from {len(rich.features)} features")
    with user:
        one(user, "version").set_value(0)
    await user.should_not_see("This is not the active model.")
