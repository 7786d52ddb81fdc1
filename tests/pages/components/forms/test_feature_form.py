"""Predict form: controls of all feature types, examples and what-if charts."""

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.ml.data.signature import MADE_UP_TEXT
from mlapp.schemas import ColumnFormat, ColumnType, Feature, VersionInfo
from pages.components.forms.controls import control as control_of
from pages.components.forms.feature_form import FeatureField, FeatureForm
from tests.pages.conftest import eventually, one
from tests.pages.steps import control


@pytest.fixture
async def values(user: User, rich: VersionInfo) -> FeatureForm:
    """The form of that version, on a page of its own."""
    await user.open("/jobs")
    with user:
        return FeatureForm(rich, lambda: None)


async def test_form_has_a_control_for_each_type(form: User, rich: VersionInfo):
    kinds = {
        "size": ui.number,
        "kind": ui.toggle,
        "town": ui.select,
        "day": ui.input,
        "open": ui.switch,
        "note": ui.textarea,
        "empty": ui.select,
    }
    for name, kind in kinds.items():
        assert isinstance(control(form, rich, name), kind), name
    await form.should_see("0 to 49 in training")
    await form.should_see("no values in training")
    await form.should_see("74 to 76 characters in training")
    await form.should_see("true or false")


async def test_form_folds_the_less_important_features(form: User):
    await form.should_see("3 more columns")


async def test_form_slider_sets_the_field_and_follows_it(user: User, values: FeatureForm, rich: VersionInfo):
    field, slider = control(user, rich, "size"), control(user, rich, "size", "-slider")

    with user:
        slider.set_value(17.0)
    await eventually(lambda: repr(values.record["size"]) == "17")
    assert field.value == 17

    with user:
        field.set_value(400)
    assert (values.record["size"], slider.value) == (400, 49)

    with user:
        field.set_value(None)
    assert (values.record["size"], slider.value) == (None, 49)


async def test_form_warns_of_a_value_outside_the_training_range(form: User, rich: VersionInfo):
    with form:
        control(form, rich, "size").set_value(400)

    await form.should_see("400 is outside 0–49 seen in training")


async def test_form_has_no_slider_without_a_suitable_range(user: User, values: FeatureForm, rich: VersionInfo):
    names = [feature.name for feature in rich.features]

    for name in ("tiny", "same", "empty"):
        with pytest.raises(AssertionError):
            user.find(marker=f"feature-{names.index(name)}-slider")

    with user:
        control(user, rich, "tiny").set_value(2e-12)
    assert values.record["tiny"] == 2e-12


async def test_form_toggle_can_be_set_to_missing(user: User, values: FeatureForm, rich: VersionInfo):
    toggle = control(user, rich, "kind")
    categories = next(feature.categories for feature in rich.features if feature.name == "kind") or []

    with user:
        toggle.set_value(1)
    assert values.record["kind"] == categories[1]
    with user:
        toggle.set_value(3)

    assert values.record["kind"] is None


async def test_form_switch_can_be_set_to_missing(user: User, values: FeatureForm, rich: VersionInfo):
    switch, before = control(user, rich, "open"), values.record["open"]
    with user:
        switch.set_value(not before)
    assert values.record["open"] == (not before)

    user.find(marker=control(user, rich, "open", "-missing")._markers[0]).click()

    await eventually(lambda: values.record["open"] is None)


async def test_form_calendar_changes_the_day_and_keeps_the_time(user: User, values: FeatureForm, rich: VersionInfo):
    field, calendar = control(user, rich, "day"), control(user, rich, "day", "-calendar")
    with user:
        field.set_value("2024-01-05T13:30:00")
    assert calendar.value == "2024-01-05"

    with user:
        calendar.set_value("2024-01-09")

    assert values.record["day"] == "2024-01-09T13:30:00"


async def test_form_text_can_be_typed_and_cleared(user: User, values: FeatureForm, rich: VersionInfo):
    area = control(user, rich, "note")
    assert (area.value, values.record["note"]) == (MADE_UP_TEXT, MADE_UP_TEXT)

    for typed, expected in (("They loved it.", "They loved it."), ("", None)):
        with user:
            area.set_value(typed)
        assert values.record["note"] == expected


async def test_form_warns_of_an_unknown_category(form: User, rich: VersionInfo):
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


async def test_form_shows_the_next_example_and_resets(form: User, rich: VersionInfo):
    first, second = rich.examples[:2]
    index = [feature.name for feature in rich.features].index("size")
    assert first[index] != second[index]

    form.find(marker="another").click()
    await eventually(lambda: bool(control(form, rich, "size").value == second[index]))

    form.find(marker="reset").click()
    await eventually(lambda: bool(control(form, rich, "size").value == first[index]))


@pytest.mark.parametrize(
    ("unit", "suffix", "hint"),
    [("kg", "kg", "0.2 to 0.8 in training"), ("%", None, "0.2 to 0.8 in training; 0.5 is 50%"), (None, None, "0.2 to")],
)
async def test_number_shows_its_unit_and_percentages_are_fractions(
    user: User, unit: str | None, suffix: str | None, hint: str
):
    feature = Feature(
        name="rate",
        type=ColumnType.NUMBER,
        required=True,
        example=0.5,
        min=0.2,
        max=0.8,
        read_as=ColumnFormat(unit=unit),
    )
    await user.open("/jobs")

    with user:
        FeatureField(feature, "rate", lambda: None)

    assert one(user, "rate").props.get("suffix") == suffix
    await user.should_see(hint)
