"""The prediction for one row: a value with its interval, or classes with probabilities; updated in place."""

from nicegui import ui

from mlapp.presentation.decisions.sentences import answer_note, class_title, is_code
from mlapp.presentation.evaluation.held_out import coverage_claim, not_verified
from mlapp.presentation.formats import exact, format_number, format_percent
from mlapp.presentation.page_words import on_page
from mlapp.presentation.sentences import target_unit
from mlapp.schemas import PredictResponse, Task, VersionInfo
from pages.components.charts.share_bar import bar
from pages.components.warnings import error_line
from pages.theme import FIGURE, MUTED, RULE, SMALL

MAX_CLASSES = 8
NO_INTERVAL = "without an interval"
TRACK = "relative w-full h-10"
BAR = "absolute bottom-0 h-2.5 rounded-full"
COLUMN = "absolute bottom-4 rounded-t-sm bg-slate-300 dark:bg-slate-600"
DOT = "absolute bottom-[-2px] w-3.5 h-3.5 -ml-[7px] rounded-full bg-primary border-2 border-white dark:border-[#111628]"


class PredictionView:
    """A prediction, or the error of the request."""

    def __init__(self, info: VersionInfo) -> None:
        with ui.column().classes("w-full gap-2").props("aria-live=polite"):
            if not any(map(is_code, info.classes or [])):
                ui.label(info.target).classes(f"{MUTED} break-words max-w-full")
            with ui.column().classes("w-full gap-2") as content:
                self._show = (_NumberView if info.task is Task.REGRESSION else _ClassesView)(info).show
            self._error = error_line("prediction-error")
        content.bind_visibility_from(self._error, "text", lambda text: not text)

    def show(self, answer: PredictResponse) -> None:
        """Show a prediction."""
        self._error.set_text("")
        self._show(answer)

    def show_error(self, message: str) -> None:
        """Show an error instead of a prediction."""
        self._error.set_text(on_page(message))


class _NumberView:
    def __init__(self, info: VersionInfo) -> None:
        distribution = info.target_distribution
        self.edges = tuple(distribution.edges or ())
        self.info = info
        self.figure = ui.label().classes(FIGURE).mark("prediction")
        self.interval = ui.label().classes("text-lg font-medium").mark("interval")
        self.coverage = ui.label().classes(MUTED).mark("coverage")
        # Hidden from screen readers, as the labels above say the same.
        with ui.column().classes("w-full gap-1 pt-2").props("aria-hidden=true"):
            with ui.element("div").classes(TRACK):
                # The distribution in training.
                top = max(distribution.counts, default=0) or 1
                heights = [1.4 * count / top for count in distribution.counts]
                self.bars = [ui.element("div").classes(COLUMN).style(f"height: {height:.2f}rem") for height in heights]
                ui.element("div").classes(f"{BAR} w-full").style(f"background: {RULE}")
                self.range = ui.element("div").classes(f"{BAR} bg-primary opacity-50")
                self.dot = ui.element("div").classes(DOT)
            with ui.row().classes("w-full justify-between"):
                self.low, self.high = ui.label().classes(SMALL), ui.label().classes(SMALL)

    def show(self, answer: PredictResponse) -> None:
        value = float(answer.predictions[0])
        lower, upper = (answer.lower[0], answer.upper[0]) if answer.lower and answer.upper else (value, value)
        unit = target_unit(self.info)
        self.figure.set_text(format_number(value, unit))
        self.figure.props["title"] = exact(value)
        self.interval.set_text(NO_INTERVAL)
        claim = ""
        if answer.coverage:
            self.interval.set_text(f"{format_number(lower)} to {format_number(upper, unit)}")
            self.interval.props["title"] = f"{exact(lower)} to {exact(upper)}"
            claim = coverage_claim(self.info, answer.coverage)
        self.coverage.set_text(not_verified(answer) or claim)
        low, high = min(lower, *self.edges), max(upper, *self.edges)
        scale = 100 / ((high - low) or 1)
        self.range.style(f"left: {(lower - low) * scale:.2f}%; width: {(upper - lower) * scale:.2f}%")
        self.dot.style(f"left: {(value - low) * scale:.2f}%")
        self.low.set_text(format_number(low))
        self.high.set_text(format_number(high))
        for column, begin, end in zip(self.bars, self.edges, self.edges[1:], strict=False):
            column.style(f"left: {(begin - low) * scale:.2f}%; width: calc({(end - begin) * scale:.2f}% - 1px)")


class _ClassesView:
    def __init__(self, info: VersionInfo) -> None:
        count = len(info.classes or [])
        self.top_class = ui.label().classes(f"{FIGURE} break-words max-w-full").mark("prediction")
        self.rows = [_class_row() for _ in range(min(count, MAX_CLASSES))]
        if count > MAX_CLASSES:
            ui.label(f"and {count - MAX_CLASSES} more classes").classes(MUTED)
        self.caveat = ui.label().classes(MUTED).mark("coverage")
        self.info = info

    def show(self, answer: PredictResponse) -> None:
        assert answer.probabilities  # noqa: S101 - a classification has probabilities
        self.top_class.set_text(class_title(self.info, answer.predictions[0]))
        self.caveat.set_text(not_verified(answer) or answer_note(self.info, answer))
        self.caveat.set_visibility(bool(self.caveat.text))
        shares = sorted(answer.probabilities[0].items(), key=lambda item: -item[1])
        for (label, percentage, share_bar), (name, share) in zip(self.rows, shares, strict=False):
            label.set_text(class_title(self.info, name))
            percentage.set_text(format_percent(share))
            percentage.props["title"] = exact(share)
            share_bar.props["aria-label"] = class_title(self.info, name)
            share_bar.set_value(round(share, 4))


def _class_row() -> tuple[ui.label, ui.label, ui.linear_progress]:
    with ui.column().classes("w-full gap-1"):
        with ui.row().classes("w-full justify-between flex-nowrap gap-2"):
            name = ui.label().classes("text-sm min-w-0 break-words")
            percentage = ui.label().classes("text-sm tabular-nums whitespace-nowrap").mark("probability")
        return name, percentage, bar(0, "")
