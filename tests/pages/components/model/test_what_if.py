"""What-if charts of the Predict tab."""

from typing import Any

import httpx
import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import VersionInfo
from tests.pages.conftest import eventually, one
from tests.pages.steps import control


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


async def test_what_if_marks_the_current_value_in_place(form: User, rich: VersionInfo):
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


async def test_what_if_without_values_says_why_there_is_no_curve(form: User, rich: VersionInfo):
    with form:
        one(form, "what-if-feature").set_value("empty")

    await form.should_see("There is no value of 'empty'")
    with form:
        control(form, rich, "empty").set_options(["some"], value="some")
    await form.should_see("the current value is bold")


async def test_what_if_of_a_text_says_that_there_is_no_curve(form: User):
    with form:
        one(form, "what-if-feature").set_value("note")

    await form.should_see("'note' is a text, whose values have no order to draw")


async def test_what_if_of_classes_shows_their_probabilities(user: User, http: httpx.AsyncClient):
    rows = [{"x": n, "kind": "abcdef"[n % 6] * 5, "y": ["low", "high"][n > 20]} for n in range(40)]
    options = {"records": rows, "target": "y", "estimator": "linear"}
    assert (await http.post("/models/levels/train", json=options)).status_code == 201
    await user.open("/models/levels/predict")
    await user.should_see("Probabilities of the most likely values.")

    for name, axes in (("kind", ("value", "category")), ("x", ("value", "value"))):
        with user:
            one(user, "what-if-feature").set_value(name)

        await eventually(lambda: curve(user)[:2] == axes)  # noqa: B023 - awaited within the iteration
        assert {series["name"] for series in curve(user)[2]} == {"low", "high"}
