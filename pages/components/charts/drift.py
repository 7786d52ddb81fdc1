"""Drift charts: features sorted by PSI, and the distributions of the selected one."""

from nicegui import ui

from mlapp.presentation.sentences import format_number, format_time
from mlapp.schemas import DRIFT_ROWS, ColumnDrift, ColumnType, Distribution, Drift, DriftLevel
from pages.components.charts.base import Options, axis, bars, chart, grid, histogram, legend
from pages.theme import FAINT, HEADING, INK, MUTED, SMALL, TEXT

MAX_FEATURES, MAX_CATEGORIES = 30, 12
DAY_MS = 86_400_000
LEVEL_ICONS = {
    DriftLevel.STABLE: ("check_circle", "text-positive"),
    DriftLevel.SOME: ("warning_amber", "text-warning"),
    DriftLevel.STRONG: ("error", "text-negative"),
    DriftLevel.TOO_FEW: ("hourglass_empty", "text-slate-500 dark:text-slate-400"),
}
"""Icon and colour."""
PSI_MEANING = (
    "The population stability index (PSI) measures how far the values in requests differ from the training data: "
    "below 0.1 is stable, up to 0.25 is some drift, above is strong drift and a reason to train again."
)
ENTRY = "w-full text-left flex items-center gap-3 flex-nowrap px-2 py-2 rounded-lg"
SELECTED, UNSELECTED = "bg-indigo-50 dark:bg-[#232a4d]", "hover:bg-slate-100 dark:hover:bg-[#1a2138]"


class DriftView:
    """A list of columns, most drift first, and a chart of the selected one."""

    def __init__(self, drift: Drift) -> None:
        self.drift = drift
        self.selected: tuple[str, bool] | None = None
        """Name of a column, and whether it is the prediction."""
        self.columns = _sorted_columns(drift)
        self.summary = ui.label().classes(MUTED).mark("drift-rows")
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-2 gap-x-8 gap-y-4"):
            with ui.column().classes("w-full gap-1"):
                self.entries = [_Entry(self, index) for index in range(len(self.columns))]
                if len(drift.features) > MAX_FEATURES:
                    ui.label(
                        f"{len(drift.features) - MAX_FEATURES:,} more features drift less and are not listed."
                    ).classes(SMALL)
            with ui.column().classes("w-full gap-1 min-w-0 lg:sticky lg:top-20 self-start"):
                self.name = ui.label().classes(f"{HEADING} break-words max-w-full").mark("selected-column")
                self.chart = chart("Distribution in training and in requests", {})
                self.missing = ui.label().classes(MUTED)
        ui.label(PSI_MEANING).classes(MUTED)
        self.show(drift)

    def select(self, index: int) -> None:
        """Show the distributions of a column."""
        column, is_prediction = self.columns[index]
        self.selected = column.name, is_prediction
        self.show(self.drift)

    def show(self, drift: Drift) -> None:
        """Update list and chart."""
        self.drift, self.columns = drift, _sorted_columns(drift)
        names = [(column.name, is_prediction) for column, is_prediction in self.columns]
        position = names.index(self.selected) if self.selected in names else 0
        self.summary.set_text(_summary(drift))
        for index, entry in enumerate(self.entries):
            entry.show(*self.columns[index], selected=index == position)
        self._draw(*self.columns[position])

    def _draw(self, column: ColumnDrift, is_prediction: bool) -> None:  # noqa: FBT001 - unpacked from a tuple
        self.name.set_text(f"{column.name} (predictions)" if is_prediction else column.name)
        draw = _categories if column.training.edges is None else _numbers
        self.chart.options.update(draw(column))
        self.chart.update()
        self.missing.set_text(_missing_text(column))


class _Entry:
    """A column in the list."""

    def __init__(self, view: DriftView, index: int) -> None:
        # Not a Quasar button, which centres its content.
        self.button = ui.element("button").classes(ENTRY).mark(f"column-{index}")
        self.button.on("click", lambda: view.select(index))
        with self.button:
            self.icon = ui.icon("check_circle").props("aria-hidden=true")
            self.name = ui.label().classes(f"{TEXT} truncate flex-1 min-w-0")
            self.level = ui.label().classes(f"{SMALL} whitespace-nowrap")
            self.index = ui.label().classes(f"{TEXT} w-12 text-right tabular-nums")

    def show(self, column: ColumnDrift, is_prediction: bool, *, selected: bool) -> None:  # noqa: FBT001
        icon, colour = LEVEL_ICONS[column.level]
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-lg {colour}")
        self.name.set_text(f"Predicted: {column.name}" if is_prediction else column.name)
        self.level.set_text(_level_text(column))
        self.index.set_text("" if column.psi is None else f"{column.psi:.2f}")
        self.button.classes(SELECTED if selected else UNSELECTED, remove=UNSELECTED if selected else SELECTED)
        self.button.props["aria-pressed"] = "true" if selected else "false"


def _sorted_columns(drift: Drift) -> list[tuple[ColumnDrift, bool]]:
    """Return the prediction, then the features with the most drift; each with whether it is the prediction."""
    features = sorted(drift.features, key=lambda column: -(column.psi or 0))[:MAX_FEATURES]
    return [(drift.prediction, True), *((column, False) for column in features)]


def _level_text(column: ColumnDrift) -> str:
    if column.level is DriftLevel.TOO_FEW:
        return f"{column.production.total:,} of {DRIFT_ROWS:,} rows"
    return column.level.value


def _summary(drift: Drift) -> str:
    if not drift.rows:
        return f"Model {drift.version} has had no requests yet; the chart shows its training data."
    rows = f"{drift.rows:,} row{'' if drift.rows == 1 else 's'}"
    strong, some = (
        sum(column.level is level for column in drift.features) for level in (DriftLevel.STRONG, DriftLevel.SOME)
    )
    if drift.rows < DRIFT_ROWS:
        assessment = f" At least {DRIFT_ROWS:,} rows are needed: with fewer, chance alone looks like drift."
    elif strong or some:
        assessment = f" {strong:,} of {len(drift.features):,} features drift strongly, {some:,} somewhat."
    else:
        assessment = " Requests look like the training data."
    return f"Model {drift.version} has predicted {rows} since {format_time(drift.since)}.{assessment}"


def _missing_text(column: ColumnDrift) -> str:
    trained, production = (_percentage(values.missing, values) for values in (column.training, column.production))
    if not trained and not production:
        return ""
    return f"Missing: {format_number(trained)}% in training, {format_number(production)}% in requests."


def _percentage(count: int, values: Distribution) -> float:
    return round(100 * count / (values.total or 1), 1)


def _numbers(column: ColumnDrift) -> Options:
    dates = column.type is ColumnType.DATETIME
    edges = [edge * DAY_MS if dates else edge for edge in column.training.edges or []]
    series = [histogram(edges, column.training.counts, "Training", 0)]
    if sum(column.production.counts):
        series.append(histogram(edges, column.production.counts, "Requests", 2))
    ends = {"min": edges[0], "max": edges[-1]}
    return _chart_options(
        series, axis("", "time" if dates else "value", **ends, splitLine={"show": False}), _percent_axis()
    )


def _categories(column: ColumnDrift) -> Options:
    names, trained, production = _most_frequent(column.training, column.production)
    label = {"color": INK, "fontSize": 12, "width": 110, "overflow": "truncate"}
    series = [bars("Training", trained, 0), bars("Requests", production, 2)]
    return _chart_options(series, _percent_axis(), axis(kind="category", data=names, inverse=True, axisLabel=label))


def _most_frequent(training: Distribution, production: Distribution) -> tuple[list[str], list[float], list[float]]:
    names = (training.categories or [])[:MAX_CATEGORIES]
    trained, requested = ([*values.counts[:MAX_CATEGORIES], _other(values)] for values in (training, production))
    names, size = [*names, "other"], len(names) + bool(trained[-1] or requested[-1])
    shares = [
        [_percentage(count, values) for count in counts][:size]
        for counts, values in ((trained, training), (requested, production))
    ]
    return names[:size], shares[0], shares[1]


def _other(values: Distribution) -> int:
    return values.others + sum(values.counts[MAX_CATEGORIES:])


def _chart_options(series: list[Options], x: Options, y: Options) -> Options:
    return {"grid": grid(legend=True) | {"bottom": 8}, "legend": legend(), "xAxis": x, "yAxis": y, "series": series}


def _percent_axis() -> Options:
    return axis(min=0, axisLabel={"color": FAINT, "fontSize": 11, "formatter": "{value}%"})
