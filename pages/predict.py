"""Predict: a form made from the signature; the answer follows the values."""

import json
from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from mlapp.errors import MlappError
from mlapp.schemas import Answer, ColumnType, Feature, Format, Model, Task
from mlapp.services import Services
from mlapp.services.calls import curl
from mlapp.services.prediction import Body
from mlapp.services.wording import figure, headline, percent
from pages.components.buttons import lead
from pages.components.cards import card
from pages.components.fields import field_for
from pages.frame import frame
from pages.site import Site
from pages.theme import FIGURE, GRID, MUTED, TEXT

MOST_CLASSES = 8


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/predict")
    async def predict(version: str = "") -> None:
        with frame(site, "Predict", "/predict", "Change the values; the answer follows."):
            try:
                number = await services.models.number(version) if version else None
                model = (await services.prediction.fitted(number)).model
            except MlappError as error:
                with card(mark="no-model"):
                    ui.label(error.detail).classes(TEXT)
                    lead("Train a model", "model_training", "/train")
                return
            page = _Predict(services, model, number, api=site.api)
            page.build()
            await page.answer()


class _Predict:
    def __init__(self, services: Services, model: Model, asked_for: int | None, *, api: bool) -> None:
        self.services, self.model, self.asked_for, self.api = services, model, asked_for, api
        self.values: dict[str, Any] = {feature.name: feature.example for feature in model.features}
        self.base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        self.asked = 0

    def build(self) -> None:
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
            with card(f"Model {self.model.version} {headline(self.model)}") as form:
                form.classes("lg:col-span-2")
                with ui.element("div").classes(GRID):
                    for place, feature in enumerate(self.model.features):
                        field_for(feature, self._changed(feature)).mark(f"feature-{place}")
                ui.label("An empty field is a missing value.").classes(MUTED)
            with card("Answer", mark="answer") as answer:
                answer.classes("lg:sticky lg:top-4").props("aria-live=polite")
                self.result = ui.column().classes("w-full gap-2")
        with card("The same from a program") as program:
            program.set_visibility(self.api)
            self.code = ui.code(language="bash").classes("w-full mlapp-code").mark("curl")

    def _changed(self, feature: Feature) -> Callable[[ValueChangeEventArguments[Any]], Any]:
        async def change(event: ValueChangeEventArguments[Any]) -> None:
            self.values[feature.name] = _sent(feature, event.value)
            await self.answer()

        return change

    async def answer(self) -> None:
        """Ask for the present values, through the same service as the API."""
        self.asked += 1
        mine = self.asked
        self.code.set_content(curl(self.base_url, self.values, self.asked_for))
        body = Body(json.dumps({"records": [self.values]}).encode(), Format.JSON)
        try:
            answer = await self.services.prediction.answer(body, self.model.version)
        except MlappError as error:
            found: Answer | str = error.detail
        else:
            found = answer
        # An answer that was overtaken by a later change is not shown.
        if mine == self.asked:
            self.result.clear()
            with self.result:
                self._show(found)

    def _show(self, found: Answer | str) -> None:
        if isinstance(found, str):
            ui.label(found).classes("text-sm text-negative").mark("problem")
        elif self.model.task is Task.REGRESSION:
            _quantity(self.model, found)
        else:
            _classes(found)
        for warning in [] if isinstance(found, str) else found.warnings:
            with ui.row().classes("items-start gap-2 flex-nowrap").mark("warning"):
                ui.icon("warning").classes("text-warning text-lg")
                ui.label(f"{warning.feature}: {warning.detail}").classes("text-sm")


def _quantity(model: Model, answer: Answer) -> None:
    assert answer.lower  # noqa: S101 - a regression has intervals
    assert answer.upper  # noqa: S101
    assert answer.coverage  # noqa: S101
    ui.label(model.target).classes(MUTED)
    ui.label(figure(float(answer.predictions[0]))).classes(FIGURE).mark("prediction")
    low, high = figure(answer.lower[0]), figure(answer.upper[0])
    ui.label(f"{low} to {high}").classes("text-lg font-medium").mark("interval")
    ui.label(f"In {answer.coverage:.0%} of such cases the true value lies in this interval.").classes(MUTED)


def _classes(answer: Answer) -> None:
    assert answer.probabilities  # noqa: S101 - a classification has probabilities
    spelled = answer.predictions[0]
    ui.label(str(spelled).lower() if isinstance(spelled, bool) else str(spelled)).classes(FIGURE).mark("prediction")
    shares = sorted(answer.probabilities[0].items(), key=lambda item: -item[1])
    for name, share in shares[:MOST_CLASSES]:
        with ui.column().classes("w-full gap-1"):
            with ui.row().classes("w-full justify-between"):
                ui.label(name).classes("text-sm")
                ui.label(percent(share)).classes("text-sm").mark("probability")
            ui.linear_progress(share, show_value=False, size="8px").props("rounded instant-feedback")
    if len(shares) > MOST_CLASSES:
        ui.label(f"and {len(shares) - MOST_CLASSES} classes more").classes(MUTED)


def _sent(feature: Feature, value: Any) -> Any:
    """Return a field's value as JSON has it."""
    if value == "":
        return None
    whole = feature.type is ColumnType.INTEGER and isinstance(value, float) and value.is_integer()
    return int(value) if whole else value
