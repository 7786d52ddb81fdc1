"""Drift charts: features sorted by PSI, and the distributions of the selected one."""

from nicegui import ui

from mlapp.presentation.formats import format_count, format_ratio
from mlapp.presentation.monitoring.drift import PSI_MEANING, drift_level, drift_summary, missing_values
from mlapp.schemas import ColumnDrift, ColumnType, Distribution, Drift, DriftLevel
from pages.components.buttons import set_pressed
from pages.components.charts.base import HIDDEN, Options, axis, bars, category_axis, chart, histogram, plot, redraw
from pages.theme import HEADING, MUTED, SMALL, TEXT

MAX_FEATURES, MAX_CATEGORIES = 30, 12
DAY_MS = 86_400_000
LEVEL_ICONS = {
    DriftLevel.STABLE: ("check_circle", "text-positive"),
    DriftLevel.SOME: ("warning_amber", "text-warning"),
    DriftLevel.STRONG: ("error", "text-negative"),
    DriftLevel.TOO_FEW: ("", "hidden"),
}
"""Icon and classes."""
ENTRY = "w-full text-left flex items-center gap-3 flex-nowrap px-2 py-2 rounded-lg"


class DriftView:
    """The prediction and the features, most drift first, and a chart of the selected one."""

    def __init__(self, drift: Drift) -> None:
        self.selected: str | None = None
        """The name of a feature; None is the prediction."""
        self.summary = ui.label().classes(MUTED).mark("drift-rows")
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-2 gap-x-8 gap-y-4"):
            with ui.column().classes("w-full gap-1"):
                self.entries = [_Entry(self, index) for index in range(1 + min(len(drift.features), MAX_FEATURES))]
                if len(drift.features) > MAX_FEATURES:
                    others = format_count(len(drift.features) - MAX_FEATURES, "more column")
                    ui.label(f"{others} with less drift: not listed.").classes(SMALL)
            with ui.column().classes("w-full gap-1 min-w-0 lg:sticky lg:top-20 self-start"):
                self.name = ui.label().classes(f"{HEADING} break-words max-w-full").mark("selected-column")
                self.chart = chart("Distribution in training and in requests", {})
                self.missing = ui.label().classes(MUTED)
        ui.label(PSI_MEANING).classes(MUTED)
        self.show(drift)

    def show(self, drift: Drift) -> None:
        """Update list and chart."""
        self.summary.set_text(drift_summary(drift))
        features = sorted(drift.features, key=lambda column: -(column.psi or 0))[:MAX_FEATURES]
        self.columns = [drift.prediction, *features]
        self._update()

    def select(self, index: int) -> None:
        """Show the distributions of a column."""
        self.selected = self.columns[index].name if index else None
        self._update()

    def _update(self) -> None:
        names = [None, *(column.name for column in self.columns[1:])]
        selected = names.index(self.selected) if self.selected in names else 0
        for index, (entry, column) in enumerate(zip(self.entries, self.columns, strict=True)):
            entry.show(column, selected=index == selected)
        column = self.columns[selected]
        self.name.set_text(column.name if selected else f"{column.name} (predictions)")
        redraw(self.chart, (_categories if column.training.edges is None else _numbers)(column))
        self.missing.set_text(missing_values(column))


class _Entry:
    """A column in the list; the first one is the prediction."""

    def __init__(self, view: DriftView, index: int) -> None:
        self.prefix = "" if index else "Predicted: "
        # Not a Quasar button, which centres its content.
        self.button = ui.element("button").mark(f"column-{index}")
        self.button.on("click", lambda: view.select(index))
        with self.button:
            self.icon = ui.icon("check_circle").props("aria-hidden=true")
            self.name = ui.label().classes(f"{TEXT} truncate flex-1 min-w-0")
            self.level = ui.label().classes(f"{SMALL} whitespace-nowrap")
            self.psi = ui.label().classes(f"{TEXT} w-12 text-right tabular-nums")

    def show(self, column: ColumnDrift, *, selected: bool) -> None:
        icon, colour = LEVEL_ICONS[column.level]
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-lg {colour}")
        self.name.set_text(self.prefix + column.name)
        self.level.set_text(drift_level(column))
        self.psi.set_text("" if column.psi is None else format_ratio(column.psi))
        set_pressed(self.button, ENTRY, pressed=selected)


def _percentage(count: int, values: Distribution) -> float:
    return round(100 * count / (values.total or 1), 1)


def _numbers(column: ColumnDrift) -> Options:
    dates = column.type is ColumnType.DATETIME
    edges = [edge * DAY_MS if dates else edge for edge in column.training.edges or []]
    series = [histogram(edges, column.training.counts, "Training", 0)]
    if sum(column.production.counts):
        series.append(histogram(edges, column.production.counts, "Requests", 2))
    name = f"Characters of {column.name}" if column.type is ColumnType.TEXT else column.name
    x = axis(name, "time" if dates else "value", min=edges[0], max=edges[-1], splitLine=HIDDEN)
    return plot(series, x, axis("Share of rows", unit="%", min=0))


def _categories(column: ColumnDrift) -> Options:
    training, production = column.training, column.production
    names = [*(training.categories or [])[:MAX_CATEGORIES], "other"]
    trained, requested = (_category_shares(values) for values in (training, production))
    if not trained[-1] and not requested[-1]:
        del names[-1], trained[-1], requested[-1]
    series = [bars("Training", trained, 0), bars("Requests", requested, 2)]
    return plot(series, axis("Share of rows", unit="%", min=0), category_axis(column.name, names))


def _category_shares(values: Distribution) -> list[float]:
    """Return the percentages of the first categories, and of all others."""
    others = values.others + sum(values.counts[MAX_CATEGORIES:])
    return [_percentage(count, values) for count in (*values.counts[:MAX_CATEGORIES], others)]
