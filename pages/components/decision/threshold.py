"""Threshold card: a slider that shows what each threshold does to held-out rows, by costs, a limit or by hand."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from mlapp.presentation.decisions.sentences import decision_sentence
from mlapp.presentation.decisions.thresholds import Figures, Thresholds
from mlapp.schemas import Decision, ModelPatch, ThresholdCurve, VersionInfo
from mlapp.schemas.decisions import MAX_COST
from pages.components.buttons import confirmation
from pages.components.cards import card, figure
from pages.components.forms.controls import Slider
from pages.components.model.actions import bullets
from pages.theme import FIELD, FIGURES, MUTED, SMALL, TEXT

BY_COSTS, BY_LIMIT, BY_HAND = "Lowest cost", "Limit", "By hand"
COUNTED = "Counted on rows that were kept out of training. Nothing changes for anyone before you confirm."
CELL = "text-right tabular-nums px-3 py-1.5"
Save = Callable[[ModelPatch, str], Awaitable[None]]
"""Takes a change of the model, and what to say when it is made."""


class ThresholdCard:
    """Chooses the threshold of two classes; nothing changes for callers until it is saved."""

    def __init__(self, info: VersionInfo, curve: ThresholdCurve, save: Save) -> None:
        """Draw the card."""
        self.info, self.save, self.thresholds = info, save, Thresholds(info, curve)
        self.index = self.thresholds.current
        decision = info.decision
        costs = decision.costs if decision and decision.costs else {}
        with card("Where to draw the line", mark="threshold-card"):
            ui.label(decision_sentence(info)).classes(f"{TEXT} break-words").mark("decision")
            self._choice(decision, costs)
            self._slider()
            with ui.row().classes("w-full gap-x-10 gap-y-4 items-start"):
                self.cells = self._confusion()
            self._figures()
            with ui.row().classes("w-full gap-2 items-center"):
                self.apply = ui.button("Use this line", icon="check", on_click=self._confirm)
                self.apply.mark("save-decision")
                self.reset = ui.button("Predict the most probable value", on_click=self._confirm_reset)
                self.reset.props("outline").mark("reset-decision").set_visibility(decision is not None)
            ui.label(COUNTED).classes(MUTED)
        self._show()

    @property
    def mode(self) -> str:
        """How the threshold is chosen."""
        return str(self.how.value)

    def _choice(self, decision: Decision | None, costs: dict[str, float | dict[str, float]]) -> None:
        """Draw what the threshold is chosen by."""
        positive, negative = self.thresholds.positive, self.thresholds.negative
        by = BY_COSTS if decision and decision.costs else BY_LIMIT if decision and decision.limit else BY_HAND
        self.how = ui.toggle([BY_COSTS, BY_LIMIT, BY_HAND], value=by, on_change=self._choose).mark("decide-by")
        self.how.props('no-caps unelevated dense padding="4px 12px" aria-label="Choose the threshold by"')
        with ui.row().classes("w-full gap-3"):
            given = [costs.get("false_negative"), costs.get("false_positive")]
            missed, alarm = (float(cost) if isinstance(cost, int | float) else 1.0 for cost in given)
            self.missed = self._number(f"Cost of a missed '{positive}'", missed, "cost-missed")
            self.alarm = self._number(f"Cost of a '{negative}' predicted '{positive}'", alarm, "cost-alarm")
        self.limit = self._number(
            f"At most this many of 1,000 rows '{positive}'", decision.limit if decision else None, "limit"
        )

    def _number(self, label: str, value: float | None, mark: str) -> ui.number:
        field = ui.number(label, value=value, min=0, on_change=self._choose).props(FIELD).mark(mark)
        return field.classes("w-full sm:w-64 grow sm:grow-0")

    def _slider(self) -> None:
        last = len(self.thresholds.outcomes) - 1
        with ui.column().classes("w-full gap-0 px-2"):
            self.said = ui.label().classes(f"{TEXT} font-medium").mark("threshold").props("aria-live=polite")
            self.slider = Slider(min=0, max=last, value=self.index, on_change=self._slide).mark("threshold-slider")
            self.slider.props["aria-label"] = "Probability from which on"
            with ui.row().classes("w-full justify-between"):
                ui.label(f"More '{self.thresholds.positive}', more false alarms").classes(SMALL)
                ui.label(f"Fewer '{self.thresholds.positive}', more missed").classes(SMALL)

    def _confusion(self) -> list[ui.label]:
        """Draw the confusion matrix, and return the labels of its cells: found, missed, false alarms, left alone."""
        positive, negative = self.thresholds.positive, self.thresholds.negative
        cells: list[ui.label] = []
        with ui.element("table").classes(f"{TEXT} w-full sm:w-auto").mark("threshold-confusion"):
            with ui.element("thead"), ui.element("tr"):
                for text in ("", f"Predicted '{positive}'", f"Predicted '{negative}'"):
                    with ui.element("th" if text else "td").classes(f"{CELL} font-medium"):
                        ui.label(text)
            with ui.element("tbody"):
                for actual, kinds in ((positive, ("found", "missed")), (negative, ("false alarms", "correct"))):
                    with ui.element("tr"):
                        with ui.element("th").classes("text-left font-medium py-1.5").props("scope=row"):
                            ui.label(f"Actually '{actual}'")
                        for kind in kinds:
                            with ui.element("td").classes(CELL):
                                cells.append(ui.label().classes("text-base font-semibold"))
                                ui.label(kind).classes(SMALL)
        return cells

    def _figures(self) -> None:
        self.values: dict[str, ui.label] = {}
        positive = self.thresholds.positive
        texts = {
            "precision": ("Right", f"of those predicted '{positive}' (precision)"),
            "recall": ("Found", f"of all that are '{positive}' (recall)"),
            "share": ("Predicted so", f"'{positive}', of all rows"),
            "cost": ("Cost of 1,000 rows", "by the costs of both errors"),
        }
        with ui.element("div").classes(FIGURES):
            for name, (heading, detail) in texts.items():
                value, below = figure(heading)
                below.set_text(detail)
                self.values[name] = value.mark(f"threshold-{name}")

    def _choose(self) -> None:
        """Move the slider to where costs or the limit lead."""
        found = self._decision()
        if found and self.mode != BY_HAND:
            self.index = self.thresholds.found_by(found)
            self.slider.set_value(self.index)
        self._show()

    def _slide(self) -> None:
        if self.slider.value != self.index:
            self.index = int(self.slider.value)
            self.how.set_value(BY_HAND)
        self._show()

    def _decision(self) -> Decision | None:
        """Return what is chosen; None while it is incomplete."""
        patch = self._patch()
        if patch is None:
            return None
        return Decision(**patch.model_dump(include={*patch.model_fields_set}), by="", at=self.info.created_at)

    def _patch(self) -> ModelPatch | None:
        if self.mode == BY_COSTS:
            costs = {"false_negative": self.missed.value, "false_positive": self.alarm.value}
            valid = all(isinstance(cost, int | float) and 0 <= cost <= MAX_COST for cost in costs.values())
            return ModelPatch(costs=costs) if valid and any(costs.values()) else None
        if self.mode == BY_LIMIT:
            limit = self.limit.value
            return ModelPatch(limit=limit) if limit and 0 < limit <= 1_000 else None
        threshold = self.thresholds.outcomes[self.index].threshold
        return ModelPatch(threshold=threshold) if 0 < threshold < 1 else None

    def _show(self) -> None:
        missed, alarm = (field.value if field.value is not None else 1.0 for field in (self.missed, self.alarm))
        found: Figures = self.thresholds.figures(self.index, missed, alarm)
        self.said.set_text(f"'{self.thresholds.positive}' from a probability of {found.threshold} on")
        self.slider.props["aria-valuetext"] = found.threshold
        self.limit.set_visibility(self.mode == BY_LIMIT)
        counts = (found.found, found.missed, found.false_alarms, found.left_alone)
        for label, text in zip(self.cells, counts, strict=True):
            label.set_text(text)
        for name, label in self.values.items():
            label.set_text(getattr(found, name))
        self.apply.set_enabled(self._patch() is not None)

    def _confirm(self) -> None:
        patch = self._patch()
        assert patch  # noqa: S101 - otherwise the button is disabled

        async def save() -> None:
            await self.save(patch, "Predictions follow the new line.")

        with confirmation(f"Change what {self.info.model} predicts?", "Change", save):
            bullets(self.thresholds.changes(self.index, patch))

    def _confirm_reset(self) -> None:
        async def save() -> None:
            await self.save(ModelPatch(threshold=None), "The most probable value is predicted again.")

        with confirmation(f"Change what {self.info.model} predicts?", "Change", save):
            bullets(self.thresholds.changes(self.thresholds.index_of(0.5), ModelPatch(threshold=None)))
