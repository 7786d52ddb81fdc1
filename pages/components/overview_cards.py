"""Overview summaries of trainings, traffic, health and feature importance, updated in place."""

from collections.abc import Sequence

from nicegui import ui

from mlapp.presentation.sentences import job_status_line, job_title
from mlapp.schemas import Importance, Job, Traffic
from pages.components.charts.base import chart, redraw
from pages.components.charts.share_bar import bar
from pages.components.charts.traffic import sparkline
from pages.components.training.job_progress import ICONS
from pages.theme import FIGURE, LINK, MUTED, SMALL, TEXT

MAX_TRAININGS, MAX_FEATURES = 4, 6


class RecentTrainings:
    """The most recent trainings with their state."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.empty = ui.label("No trainings yet").classes(MUTED)
        self.rows = [_TrainingRow() for _ in range(MAX_TRAININGS)]
        self.show(jobs)

    def show(self, jobs: Sequence[Job]) -> None:
        """Update the trainings."""
        self.empty.set_visibility(not jobs)
        for index, row in enumerate(self.rows):
            row.show(jobs[index] if index < len(jobs) else None)


class _TrainingRow:
    def __init__(self) -> None:
        with ui.row().classes("w-full items-start gap-3 flex-nowrap").mark("newest-training") as self.row:
            self.icon = ui.icon("schedule").props("aria-hidden=true")
            with ui.column().classes("gap-0 min-w-0 flex-1"):
                self.link = ui.link("", "/jobs").classes(f"{LINK} truncate max-w-full")
                self.state = ui.label().classes(f"{MUTED} break-words max-w-full line-clamp-2")

    def show(self, job: Job | None) -> None:
        self.row.set_visibility(job is not None)
        if job is None:
            return
        name, colour = ICONS[job.status]
        self.icon.set_name(name)
        self.icon.classes(replace=f"text-lg {colour}")
        self.link.set_text(f"Training {job.id}: {job_title(job)}")
        self.link.props["href"] = f"/jobs/{job.id}"
        self.state.set_text(job_status_line(job))


class TrainingProgress:
    """The stage and the progress bar of a training."""

    def __init__(self, job: Job) -> None:
        self.stage = ui.label().classes(TEXT).props("role=status").mark("stage")
        self.bar = bar(0, f"Progress of training {job.id}")
        self.show(job)

    def show(self, job: Job) -> None:
        """Update stage and progress."""
        self.stage.set_text(job_status_line(job))
        self.bar.set_value(job.progress)


class TrafficSummary:
    """Requests, rows and errors of the last hour."""

    def __init__(self, traffic: Traffic) -> None:
        with ui.row().classes("w-full gap-x-10 gap-y-2"):
            self.figures = [self._figure(name) for name in ("requests", "rows", "errors")]
        self.chart = chart("Requests per minute in the last hour", {}, height="h-16")
        self.show(traffic)

    @staticmethod
    def _figure(name: str) -> ui.label:
        with ui.column().classes("gap-0"):
            value = ui.label().classes(FIGURE).mark(f"hour-{name}")
            ui.label(name).classes(SMALL)
        return value

    def show(self, traffic: Traffic) -> None:
        """Update figures and chart."""
        total = traffic.total
        for label, count in zip(self.figures, (total.requests, total.rows, total.errors), strict=True):
            label.set_text(f"{count:,}")
        redraw(self.chart, sparkline(traffic))


class HealthSummary:
    """The message of the health check in one line."""

    def __init__(self) -> None:
        with ui.row().classes("flex-1 min-w-0 items-center gap-3 flex-nowrap"):
            self.icon = ui.icon("check_circle").props("aria-hidden=true")
            self.message = ui.label().classes(f"{TEXT} min-w-0 break-words").mark("health-line")

    def show(self, message: str, *, healthy: bool) -> None:
        """Update icon and message."""
        self.icon.set_name("check_circle" if healthy else "warning_amber")
        self.icon.classes(replace=f"text-xl {'text-positive' if healthy else 'text-warning'}")
        self.message.set_text(message)


def importance_bars(features: Sequence[Importance]) -> None:
    """Draw the most important features as bars relative to the first one."""
    top = max((each.mean for each in features), default=0) or 1
    for each in features[:MAX_FEATURES]:
        share = max(each.mean, 0) / top
        with ui.row().classes("w-full items-center gap-3 flex-nowrap"):
            ui.label(each.feature).classes(f"{TEXT} w-32 sm:w-44 truncate")
            bar(share, f"{each.feature}: {share:.0%} of the importance of the top feature").classes("flex-1")
    if len(features) > MAX_FEATURES:
        ui.label(f"and {len(features) - MAX_FEATURES:,} less important features").classes(SMALL)
