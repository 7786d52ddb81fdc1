"""Cost card: costs of errors between several classes, and what they do to held-out rows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.decisions.sentences import class_title, decision_sentence
from mlapp.presentation.formats import format_number, format_percent
from mlapp.schemas import CostTrial, ModelPatch, VersionInfo
from mlapp.schemas.decisions import MAX_COST, Costs
from pages.components.buttons import confirmation
from pages.components.cards import card, figure
from pages.components.decision.threshold import Save
from pages.components.model.actions import bullets
from pages.components.tables.plain_table import scrolling
from pages.theme import FIELD, FIGURES, MUTED, TEXT

MAX_CLASSES = 10
"""A form for more would have over a hundred fields."""
Try = Callable[[Costs | None], Awaitable[CostTrial | None]]
"""Returns what costs do to held-out rows."""


class CostCard:
    """Chooses costs of errors; nothing changes for callers until they are saved."""

    def __init__(self, info: VersionInfo, names: list[str], attempt: Try, save: Save) -> None:
        """Draw the card; `names` are those of the classes as keys."""
        self.info, self.names, self.attempt, self.save = info, names, attempt, save
        self.fields: dict[tuple[str, str], ui.number] = {}
        with card("Costs of errors", mark="cost-card"):
            ui.label(decision_sentence(info)).classes(f"{TEXT} break-words").mark("decision")
            ui.label("Say what each error costs; the value of the lowest expected cost is predicted.").classes(MUTED)
            with scrolling("Costs by actual and predicted class"):
                self._table()
            with ui.element("div").classes(FIGURES).mark("cost-figures") as self.figures:
                self.cost, self.before = figure("Cost of 1,000 rows")
                self.accuracy, below = figure("Correct")
                below.set_text("on rows kept out of training")
            with ui.row().classes("w-full gap-2"):
                self.apply = ui.button("Use these costs", icon="check", on_click=self._confirm).mark("save-decision")
                reset = ui.button("Predict the most probable value", on_click=self._confirm_reset)
                reset.props("outline").mark("reset-decision").set_visibility(info.decision is not None)
            ui.label("Nothing changes for anyone before you confirm.").classes(MUTED)
            # The version may have to be loaded, which takes longer than a page may.
            ui.timer(0, self.show, once=True)

    def _table(self) -> None:
        with ui.element("table").classes(TEXT):
            with ui.element("thead"), ui.element("tr"):
                for text in ("", *(f"Predicted '{class_title(self.info, name)}'" for name in self.names)):
                    with ui.element("th" if text else "td").classes("px-2 py-1 font-medium text-left"):
                        ui.label(text)
            with ui.element("tbody"):
                for actual in self.names:
                    with ui.element("tr"):
                        with ui.element("th").classes("pr-2 py-1 font-medium text-left").props("scope=row"):
                            ui.label(f"Actually '{class_title(self.info, actual)}'")
                        for predicted in self.names:
                            with ui.element("td").classes("px-2 py-1"):
                                self._field(actual, predicted)

    def _field(self, actual: str, predicted: str) -> None:
        if actual == predicted:
            ui.label("0, correct").classes(MUTED)
            return
        costs = self.info.decision.costs if self.info.decision else None
        row = (costs or {}).get(actual)
        value = row.get(predicted, 1.0) if isinstance(row, dict) else 1.0
        field = ui.number(value=value, min=0, on_change=self.show).props(FIELD).classes("w-24")
        field.props["aria-label"] = (
            f"Cost of '{class_title(self.info, actual)}' predicted '{class_title(self.info, predicted)}'"
        )
        self.fields[actual, predicted] = field.mark(f"cost-{len(self.fields)}")

    def _costs(self) -> Costs | None:
        """Return the costs in the form; None while they are incomplete or too high, or all are 0."""
        values = {cell: field.value for cell, field in self.fields.items()}
        if any(value is None or not 0 <= value <= MAX_COST for value in values.values()) or not any(values.values()):
            return None
        return {
            actual: {other: float(values[actual, other]) for other in self.names if other != actual}
            for actual in self.names
        }

    async def show(self) -> None:
        """Show what the costs do to held-out rows."""
        costs = self._costs()
        self.apply.set_enabled(costs is not None)
        trial = None
        # The version may be gone, or not loaded; the page says so elsewhere.
        with suppress(MlappError):
            trial = await self.attempt(costs) if costs else None
        self.figures.set_visibility(trial is not None)
        if trial:
            self.cost.set_text(format_number(1_000 * trial.cost))
            self.before.set_text(f"{format_number(1_000 * trial.usual_cost)} if the most probable value is predicted")
            self.accuracy.set_text(format_percent(trial.accuracy))

    def _confirm(self) -> None:
        sentence = "The value of the lowest expected cost is predicted, which may not be the most probable one."
        self._ask(ModelPatch(costs=self._costs()), sentence, "Predictions follow the costs.")

    def _confirm_reset(self) -> None:
        sentence = "The most probable value is predicted again, whatever its errors cost."
        self._ask(ModelPatch(costs=None), sentence, "The most probable value is predicted again.")

    def _ask(self, patch: ModelPatch, sentence: str, success: str) -> None:
        async def save() -> None:
            await self.save(patch, success)

        with confirmation(f"Change what {self.info.model} predicts?", "Change", save):
            bullets(
                [
                    sentence,
                    "The probabilities in the answers stay as they are.",
                    "New versions follow the same setting.",
                ]
            )
