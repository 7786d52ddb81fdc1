"""Overview summaries of traffic and feature importance."""

from collections.abc import Sequence

from nicegui import ui

from mlapp.presentation.formats import format_count, format_percent
from mlapp.schemas import Importance, Traffic
from pages.components.cards import figure
from pages.components.charts.base import chart, redraw
from pages.components.charts.share_bar import bar
from pages.components.charts.traffic import sparkline
from pages.theme import SMALL, TEXT

MAX_FEATURES = 6


class TrafficSummary:
    """Requests, rows and errors of the last hour."""

    def __init__(self, traffic: Traffic) -> None:
        with ui.row().classes("w-full gap-x-10 gap-y-2"):
            self.figures = [figure(name)[0].mark(f"hour-{name.lower()}") for name in ("Requests", "Rows", "Errors")]
        self.chart = chart("Requests per minute in the last hour", {}, height="h-16")
        self.show(traffic)

    def show(self, traffic: Traffic) -> None:
        """Update figures and chart."""
        total = traffic.total
        for label, count in zip(self.figures, (total.requests, total.rows, total.errors), strict=True):
            label.set_text(format_count(count))
        self.chart.set_visibility(total.requests > 0)
        redraw(self.chart, sparkline(traffic))


def importance_bars(features: Sequence[Importance]) -> None:
    """Draw the most important features as bars relative to the first one."""
    top = max((each.mean for each in features), default=0) or 1
    with ui.column().classes("w-full gap-3").props("role=list"):
        for each in features[:MAX_FEATURES]:
            share = max(each.mean, 0) / top
            with ui.row().classes("w-full items-center gap-3 flex-nowrap").props("role=listitem"):
                ui.label(each.feature).classes(f"{TEXT} w-32 sm:w-44 truncate").props["title"] = each.feature
                label = f"{each.feature}: {format_percent(share)} of the importance of the top column"
                bar(share, label).classes("flex-1")
    if len(features) > MAX_FEATURES:
        ui.label(f"and {format_count(len(features) - MAX_FEATURES, 'less important column')}").classes(SMALL)
