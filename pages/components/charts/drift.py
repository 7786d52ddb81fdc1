"""Drift: which columns of what is asked lie elsewhere than in training, and how the chosen one lies."""

from nicegui import ui

from mlapp.presentation.sentences import format_number, format_time
from mlapp.schemas import DRIFT_ROWS, ColumnDrift, ColumnType, Distribution, Drift, DriftLevel
from pages.components.charts.base import Options, axis, bars, chart, grid, legend, steps
from pages.theme import FAINT, HEADING, INK, MUTED, SMALL, TEXT

SHOWN = 30
"""Features that are listed: those that drift most."""
CATEGORIES = 12
DAY_MS = 86_400_000
BANDS = {
    DriftLevel.STABLE: ("check_circle", "text-positive"),
    DriftLevel.SOME: ("warning_amber", "text-warning"),
    DriftLevel.STRONG: ("error", "text-negative"),
    DriftLevel.TOO_FEW: ("hourglass_empty", "text-slate-500 dark:text-slate-400"),
}
"""Icon and colour; the words stand beside them."""
MEANING = (
    "The population stability index (PSI) says how far the values that are asked lie from those of training: "
    "below 0.1 is stable, up to 0.25 some drift, above it strong drift, which is a reason to train again."
)
ENTRY = "w-full text-left flex items-center gap-3 flex-nowrap px-2 py-2 rounded-lg"
CHOSEN, OTHERS = "bg-indigo-50 dark:bg-[#232a4d]", "hover:bg-slate-100 dark:hover:bg-[#1a2138]"


class DriftView:
    """Shows the columns, most drift first, and the distributions of the one that is chosen."""

    def __init__(self, drift: Drift) -> None:
        self.drift = drift
        self.chosen: tuple[str, bool] | None = None
        """Name of a column, and whether it is the prediction."""
        self.shown = _in_order(drift)
        self.about = ui.label().classes(MUTED).mark("drift-rows")
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-2 gap-x-8 gap-y-4"):
            with ui.column().classes("w-full gap-1"):
                self.entries = [_Entry(self, place) for place in range(len(self.shown))]
                if len(drift.features) > SHOWN:
                    ui.label(f"{len(drift.features) - SHOWN:,} further features drift less.").classes(SMALL)
            with ui.column().classes("w-full gap-1 min-w-0 lg:sticky lg:top-20 self-start"):
                self.name = ui.label().classes(f"{HEADING} break-words max-w-full").mark("chosen")
                self.chart = chart("How the values lay in training, and how they lie in what is asked", {})
                self.gaps = ui.label().classes(MUTED)
        ui.label(MEANING).classes(MUTED)
        self.show(drift)

    def choose(self, place: int) -> None:
        """Show the distributions of a column."""
        column, predicted = self.shown[place]
        self.chosen = column.name, predicted
        self.show(self.drift)

    def show(self, drift: Drift) -> None:
        """Show how it stands now."""
        self.drift, self.shown = drift, _in_order(drift)
        names = [(column.name, predicted) for column, predicted in self.shown]
        place = names.index(self.chosen) if self.chosen in names else 0
        self.about.set_text(_about(drift))
        for at, entry in enumerate(self.entries):
            entry.show(*self.shown[at], chosen=at == place)
        self._draw(*self.shown[place])

    def _draw(self, column: ColumnDrift, predicted: bool) -> None:  # noqa: FBT001 - as it stands in the list
        self.name.set_text(f"{column.name}, as it is predicted" if predicted else column.name)
        draw = _categories if column.training.edges is None else _numbers
        self.chart.options.update(draw(column))
        self.chart.update()
        self.gaps.set_text(_about_gaps(column))


class _Entry:
    """A column in the list."""

    def __init__(self, view: DriftView, place: int) -> None:
        # An element of its own: a button of Quasar centres what is in it.
        self.button = ui.element("button").classes(ENTRY).mark(f"column-{place}")
        self.button.on("click", lambda: view.choose(place))
        with self.button:
            self.icon = ui.icon("check_circle").props("aria-hidden=true")
            self.name = ui.label().classes(f"{TEXT} truncate flex-1 min-w-0")
            self.band = ui.label().classes(f"{SMALL} whitespace-nowrap")
            self.index = ui.label().classes(f"{TEXT} w-12 text-right tabular-nums")

    def show(self, column: ColumnDrift, predicted: bool, *, chosen: bool) -> None:  # noqa: FBT001
        icon, colour = BANDS[column.band]
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-lg {colour}")
        self.name.set_text(f"Predicted: {column.name}" if predicted else column.name)
        self.band.set_text(_in_words(column))
        self.index.set_text("" if column.psi is None else f"{column.psi:.2f}")
        self.button.classes(CHOSEN if chosen else OTHERS, remove=OTHERS if chosen else CHOSEN)
        self.button.props["aria-pressed"] = "true" if chosen else "false"


def _in_order(drift: Drift) -> list[tuple[ColumnDrift, bool]]:
    """Return the columns and whether they are the prediction: that one first, then those that drift most."""
    features = sorted(drift.features, key=lambda column: -(column.psi or 0))[:SHOWN]
    return [(drift.prediction, True), *((column, False) for column in features)]


def _in_words(column: ColumnDrift) -> str:
    if column.band is DriftLevel.TOO_FEW:
        return f"too few rows: {column.served.total:,} of {DRIFT_ROWS:,}"
    return column.band.value


def _about(drift: Drift) -> str:
    if not drift.rows:
        return f"Model {drift.version} was not asked yet; below is what it learnt from."
    rows = f"{drift.rows:,} row{'' if drift.rows == 1 else 's'}"
    strong, some = (
        sum(column.band is band for column in drift.features) for band in (DriftLevel.STRONG, DriftLevel.SOME)
    )
    if drift.rows < DRIFT_ROWS:
        found = f" {DRIFT_ROWS:,} are needed to judge: of fewer, chance alone looks like drift."
    elif strong or some:
        found = f" Of {len(drift.features):,} features {strong:,} drift strongly, {some:,} somewhat."
    else:
        found = " What is asked looks like what it learnt from."
    return f"Model {drift.version} was asked {rows} since {format_time(drift.since)}.{found}"


def _about_gaps(column: ColumnDrift) -> str:
    trained, served = (_share(lies.missing, lies) for lies in (column.training, column.served))
    if not trained and not served:
        return ""
    return f"Without a value: {format_number(trained)}% in training, {format_number(served)}% of what is asked."


def _share(count: int, lies: Distribution) -> float:
    return round(100 * count / (lies.total or 1), 1)


def _numbers(column: ColumnDrift) -> Options:
    dates = column.type is ColumnType.DATETIME
    edges = [edge * DAY_MS if dates else edge for edge in column.training.edges or []]
    series = [steps(edges, column.training.counts, "In training", 0)]
    if sum(column.served.counts):
        series.append(steps(edges, column.served.counts, "Asked", 2))
    ends = {"min": edges[0], "max": edges[-1]}
    return _lying(series, axis("", "time" if dates else "value", **ends, splitLine={"show": False}), _per_cent())


def _categories(column: ColumnDrift) -> Options:
    names, trained, served = _most_frequent(column.training, column.served)
    words = {"color": INK, "fontSize": 12, "width": 110, "overflow": "truncate"}
    series = [bars("In training", trained, 0), bars("Asked", served, 2)]
    return _lying(series, _per_cent(), axis(kind="category", data=names, inverse=True, axisLabel=words))


def _most_frequent(training: Distribution, served: Distribution) -> tuple[list[str], list[float], list[float]]:
    names = (training.categories or [])[:CATEGORIES]
    trained, found = ([*lies.counts[:CATEGORIES], _rest(lies)] for lies in (training, served))
    names, size = [*names, "all others"], len(names) + bool(trained[-1] or found[-1])
    shares = [[_share(count, lies) for count in counts] for counts, lies in ((trained, training), (found, served))]
    return names[:size], shares[0][:size], shares[1][:size]


def _rest(lies: Distribution) -> int:
    return lies.others + sum(lies.counts[CATEGORIES:])


def _lying(series: list[Options], x: Options, y: Options) -> Options:
    return {"grid": grid(legend=True) | {"bottom": 8}, "legend": legend(), "xAxis": x, "yAxis": y, "series": series}


def _per_cent() -> Options:
    return axis(min=0, axisLabel={"color": FAINT, "fontSize": 11, "formatter": "{value}%"})
