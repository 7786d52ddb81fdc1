"""The prediction in one line, which stays on the screen of a phone while values further down are changed."""

from nicegui import ui

from mlapp.presentation.decisions.sentences import class_title, is_code
from mlapp.presentation.formats import format_number, format_percent
from mlapp.presentation.sentences import target_unit
from mlapp.schemas import PredictResponse, VersionInfo
from pages.theme import LINE, SURFACE

BAR = (
    f"lg:hidden w-full sticky top-[3.25rem] z-10 flex flex-nowrap items-baseline gap-x-2 px-4 py-2 rounded-xl border "
    f"{LINE} {SURFACE} text-left text-sm cursor-pointer shadow-md"
)
SCROLL_TO = "() => getHtmlElement({id}).scrollIntoView({{behavior: 'smooth', block: 'center'}})"


class PredictionBar:
    """A button with the prediction, which leads to the card that says more."""

    def __init__(self, info: VersionInfo) -> None:
        self.info = info
        coded = any(map(is_code, info.classes or []))
        with ui.element("button").props("type=button").classes(BAR).mark("prediction-bar") as self.element:
            ui.label("See why" if coded else info.target).classes("truncate min-w-0")
            self.value = ui.label().classes("font-semibold whitespace-nowrap ml-auto")
            self.detail = ui.label().classes("whitespace-nowrap text-slate-600 dark:text-slate-300")

    def lead_to(self, card: ui.element) -> None:
        """Have a click scroll to a card."""
        self.element.on("click", js_handler=SCROLL_TO.format(id=card.id))

    def show(self, answer: PredictResponse | None) -> None:
        """Show a prediction, or nothing if the values cannot be predicted."""
        self.element.set_visibility(answer is not None)
        if answer is None:
            return
        (predicted,) = answer.predictions
        if answer.probabilities and self.info.classes:
            shares = dict(zip(self.info.classes, answer.probabilities[0].values(), strict=True))
            self.value.set_text(class_title(self.info, predicted))
            self.detail.set_text(format_percent(shares[predicted]))
            return
        unit = target_unit(self.info)
        self.value.set_text(format_number(float(predicted), unit))
        lower, upper = answer.lower, answer.upper
        bounds = f"{format_number(lower[0])} to {format_number(upper[0], unit)}" if lower and upper else ""
        self.detail.set_text(bounds)
