"""Why a row is predicted so: what each feature adds to the average prediction, or to another one."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.explanations.waterfall import Reference, Step, accuracy, waterfall
from mlapp.presentation.formats import format_value
from mlapp.schemas import PredictResponse, Scalar, Task, VersionInfo
from mlapp.services import Services
from pages.components.forms.coalescing import CoalescedTask
from pages.theme import HEADING, RULE, SMALL

PAUSE_S = 0.2
"""Pause before a row is explained, so that predictions come first."""
AVERAGE, KEPT = "average", "kept"
TRACK = "relative w-full h-2 rounded-full overflow-hidden"
BAR = "absolute top-0 h-2 rounded-full"
COLOURS = {"total": "bg-slate-400 dark:bg-slate-500", "more": "bg-primary", "less": "bg-amber-600"}


class WhyView:
    """The contributions to the prediction for the current record, drawn again as the record changes."""

    def __init__(self, services: Services, info: VersionInfo, record: Callable[[], dict[str, Any]]) -> None:
        self._services, self._info, self._record = services, info, record
        self._answer: PredictResponse | None = None
        self._kept: dict[str, Any] | None = None
        self._versions: list[int] = []
        self._task = CoalescedTask(self._explain, PAUSE_S)
        with ui.column().classes("w-full gap-2 pt-2").mark("why"):
            self._heading = ui.label("Why").classes(f"{HEADING} break-words max-w-full")
            self._heading.props("role=heading aria-level=3")
            with ui.row().classes("w-full items-center flex-nowrap gap-2"):
                self._reference = ui.select({}, on_change=self._task.schedule).mark("compare-with")
                self._reference.props('outlined dense options-dense label="Compared with"').classes("flex-1 min-w-0")
                keep = ui.button("Keep", icon="push_pin", on_click=self._keep).props("flat dense").mark("keep")
                keep.tooltip("Compare other values with these")
            self._steps = ui.element("div").classes("w-full flex flex-col gap-2").props("role=list")
            self._note = ui.label().classes(f"{SMALL} break-words").mark("why-note")
        self._update_choices(AVERAGE)

    def show(self, answer: PredictResponse) -> None:
        """Explain the prediction for the current record soon."""
        self._answer = answer
        self._task.schedule()

    def set_versions(self, versions: list[int]) -> None:
        """Offer other versions to compare with."""
        self._versions = versions
        self._update_choices(self._reference.value)

    def _keep(self) -> None:
        self._kept = dict(self._record())
        self._update_choices(KEPT)
        self._task.schedule()

    def _update_choices(self, chosen: str | int) -> None:
        choices: dict[str | int, str] = {AVERAGE: "The average"}
        if self._kept:
            choices[KEPT] = "Kept values"
        choices |= {number: f"Version {number}" for number in self._versions}
        self._reference.set_options(choices, value=chosen if chosen in choices else AVERAGE)

    async def _explain(self) -> None:
        """Explain the current record, by the same service as the API."""
        info, row = self._info, dict(self._record())
        outcome = self._answer.predictions[0] if self._answer and info.task is Task.CLASSIFICATION else None
        try:
            found = await self._services.prediction.trials.explain(row, info.model, info.version, outcome)
            reference = await self._referred(row, outcome)
        except MlappError as error:
            self._steps.clear()
            self._note.set_text(error.detail)
            return
        what = "this prediction" if outcome is None else f"{info.target} = {format_value(outcome)}"
        self._heading.set_text(f"Why {what}")
        self._steps.clear()
        with self._steps:
            for step in waterfall(info, row, found, reference):
                _draw(step)
        self._note.set_text(accuracy(info, found))

    async def _referred(self, row: dict[str, Any], outcome: Scalar | None) -> Reference | None:
        """Explain what the current record is compared with; None if it is the average."""
        explain, info, chosen = self._services.prediction.trials.explain, self._info, self._reference.value
        if chosen == AVERAGE:
            return None
        if chosen == KEPT and self._kept:
            return Reference("Kept values", self._kept, await explain(self._kept, info.model, info.version, outcome))
        return Reference(f"Version {chosen}", row, await explain(row, info.model, chosen, outcome))


def _draw(step: Step) -> None:
    weight = "font-medium" if step.kind == "total" else ""
    with ui.element("div").classes("w-full").props("role=listitem"):
        with ui.row().classes("w-full justify-between flex-nowrap gap-2"):
            with ui.element("div").classes(f"text-sm min-w-0 break-words {weight}"):
                ui.label(step.label).mark("reason")
            with ui.element("div").classes(f"text-sm tabular-nums whitespace-nowrap {weight}"):
                ui.label(step.text).mark("contribution").props["title"] = step.exact
        with ui.element("div").classes(TRACK).style(f"background: {RULE}").props("aria-hidden=true"):
            ui.element("div").classes(f"{BAR} {COLOURS[step.kind]}").style(
                f"left: {step.left:.2f}%; width: {step.width:.2f}%"
            )
