"""Overview page: the active model and its quality, recent activity, and next steps."""

from datetime import datetime

from nicegui import ui

from mlapp.presentation.formats import format_number
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.sentences import headline, quality_summary, training_rows
from mlapp.presentation.verdict import verdict
from mlapp.schemas import Span, Task, VersionInfo
from pages.components.buttons import link_button
from pages.components.cards import card, figures, no_model
from pages.components.overview_cards import TrafficSummary, importance_bars
from pages.components.training.job_progress import JobList, JobView
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import GRID, LEAD, LINK, MUTED, TEXT

HEALTH_S = 2.0
MAX_TRAININGS = 4
KEY_METRICS = {
    Task.REGRESSION: ("mae", "rmse", "r2"),
    Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "roc_auc"),
}
"""Metrics shown as figures."""
STEPS = (
    ("/train", "Train on your own table", "Upload a CSV or Parquet file and choose the column to predict."),
    ("/predict", "Try a prediction", "Change the values and see how the prediction changes."),
    ("/models", "Compare versions", "See how versions differ, and roll back to an earlier one."),
    ("/monitor", "Monitor requests", "Traffic, latency, and drift from the training data."),
)


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/")
    async def overview() -> None:
        with frame(site, "Overview", "/"):
            await _Overview(site).build()


class _Overview:
    """The page: the model is redrawn when another one is active, the rest is updated in place."""

    def __init__(self, site: Site) -> None:
        self.site, self.services = site, site.services
        self.drawn: tuple[str, int] | None = None
        self.progress: JobView | None = None

    async def build(self) -> None:
        live = self.site.live
        # Draws the state that later notifications are relative to, so that no change is missed.
        await live.refresh()
        traffic = await self.services.monitoring.traffic(Span.HOUR)
        self.head = ui.column().classes("w-full gap-5")
        self.rest = ui.element("div").classes(GRID)
        with self.rest:
            with card("Feature importance"):
                self.features = ui.column().classes("w-full gap-3")
            with card("Last hour"):
                self.traffic = TrafficSummary(traffic)
                ui.link("Traffic and drift", "/monitor").classes(LINK)
            with card("Recent trainings"):
                self.trainings = JobList(self.site)
                ui.link("All trainings", "/jobs").classes(LINK)
            with card("Next steps"):
                _next_steps(api=self.site.api)
        with card(), ui.row().classes("w-full items-center gap-3 flex-nowrap"):
            self.health_icon = ui.icon("").props("aria-hidden=true")
            self.health = ui.label().classes(f"{TEXT} flex-1 min-w-0 break-words").mark("health-line")
            ui.link("Health", "/health").classes(LINK)
        self._show_health()
        await self._jobs_changed()
        live.models_changed.subscribe(self._show_model)
        live.jobs_changed.subscribe(self._jobs_changed)
        live.traffic_changed.subscribe(self._traffic_changed)
        ui.timer(HEALTH_S, self._show_health, immediate=False)

    async def _jobs_changed(self) -> None:
        self.trainings.show(self.site.live.jobs[:MAX_TRAININGS])
        await self._show_model()

    async def _traffic_changed(self) -> None:
        self.traffic.show(await self.services.monitoring.traffic(Span.HOUR))

    def _show_health(self) -> None:
        now, problem = self.services.health.health(), self.services.prediction.problem
        healthy = now.active_model is not None and not problem
        self.health_icon.set_name("check_circle" if healthy else "warning_amber")
        self.health_icon.classes(replace=f"text-xl {'text-positive' if healthy else 'text-warning'}")
        self.health.set_text(now.message)

    async def _show_model(self) -> None:
        model = self.site.live.active
        job = next((job for job in reversed(self.site.live.jobs) if not job.finished_at), None)
        shown = ("model", model.version) if model else ("training", job.id) if job else ("nothing", 0)
        if shown == self.drawn:
            if self.progress and job:
                self.progress.show(job)
            return
        self.drawn, self.progress = shown, None
        log = (await self.services.models.history()).activations
        self.head.clear()
        self.features.clear()
        self.rest.set_visibility(model is not None)
        with self.head:
            if model:
                _model(model, log[0].at if log and log[0].version == model.version else None)
                with self.features:
                    importance_bars(model.importance)
            elif job:
                with card(mark="no-model"):
                    ui.label("The first model is being trained").classes(LEAD)
                    self.progress = JobView(self.site, job)
                    ui.label("The model appears here when the training has finished.").classes(MUTED)
            else:
                no_model()


def _model(model: VersionInfo, since: datetime | None) -> None:
    with card(mark="active-model"):
        heading = ui.label(f"Model {model.version} {headline(model)}").classes(f"{LEAD} break-words max-w-full")
        heading.props("role=heading aria-level=2").mark("headline")
        if assessment := verdict(model):
            ui.label(f"{assessment}.").classes("text-lg break-words max-w-full").mark("verdict")
        ui.label(quality_summary(model)).classes(f"{TEXT} break-words max-w-full").mark("quality")
        metrics, baseline = model.metrics, model.baseline
        figures(
            [
                (METRICS[name][0], format_number(metrics[name]), f"baseline {format_number(baseline[name])}")
                for name in KEY_METRICS[model.task]
                if name in metrics and name in baseline
            ]
        )
        warnings(model.warnings)
        active = f"Active since {_time(since)}. " if since else ""
        trained = f"Trained with {model.estimator} on {training_rows(model)}, {_time(model.created_at)}."
        ui.label(f"{active}{trained}").classes(f"{MUTED} break-words max-w-full")
        if model.note:
            ui.label(model.note).classes(f"{MUTED} break-words max-w-full")
        with ui.row():
            link_button("Predict", "insights", "/predict")
            link_button("Details", "inventory_2", f"/models/{model.version}").props("outline")
            link_button("Train another", "model_training", "/train").props("outline")


def _next_steps(*, api: bool) -> None:
    for target, name, text in STEPS:
        with ui.column().classes("gap-0"):
            ui.link(name, target).classes(LINK)
            ui.label(text).classes(MUTED)
    if api:
        with ui.column().classes("gap-0"):
            # Not ui.link, which links to pages only.
            with ui.element("a").props("href=/docs").classes(LINK):
                ui.label("Use the API")
            ui.label("POST /predict returns the same predictions; see the API docs.").classes(MUTED)


def _time(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
