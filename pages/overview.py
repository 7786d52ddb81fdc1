"""Overview: what the active model predicts, how well, what goes on, and what to do next."""

from datetime import datetime

from nicegui import ui

from mlapp.presentation.sentences import METRICS, format_number, headline, quality_summary, training_rows
from mlapp.presentation.verdict import verdict
from mlapp.schemas import Job, Model, Span, Task
from pages.components.buttons import lead
from pages.components.cards import card, figures, no_model
from pages.components.overview_cards import HealthGlance, TrafficGlance, TrainingNow, TrainingsGlance, looks_at
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import GRID, LEAD, LINK, MUTED, TEXT

HEALTH_S = 2.0
SHOWN = {Task.REGRESSION: ("mae", "rmse", "r2"), Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "roc_auc")}
"""Metrics that are shown as figures."""
STEPS = (
    ("/train", "Train on your own table", "Drop a CSV or Parquet file, choose the column to predict."),
    ("/predict", "Try values", "Move them and see what the model says."),
    ("/models", "Compare versions", "Every training is kept; go back to any of them."),
    ("/monitor", "Watch what is asked", "Traffic, latency, and whether it still looks like the training table."),
)


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/")
    async def overview() -> None:
        with frame(site, "Overview", "/"):
            await _Overview(site).build()


class _Overview:
    """The page: the model is drawn anew when there is another one, all else is brought up to date in place."""

    def __init__(self, site: Site) -> None:
        self.site, self.services = site, site.services
        self.drawn: tuple[str, int] | None = None
        self.now: TrainingNow | None = None

    async def build(self) -> None:
        live = self.site.live
        # What is drawn now and what is told from now on are seen by the same eyes, so that no change falls between.
        await live.look()
        traffic = await self.services.monitoring.traffic(Span.HOUR)
        self.head = ui.column().classes("w-full gap-5")
        self.rest = ui.element("div").classes(GRID)
        with self.rest:
            with card("What it looks at"):
                self.features = ui.column().classes("w-full gap-3")
            with card("The last hour"):
                self.traffic = TrafficGlance(traffic)
                ui.link("Traffic and drift", "/monitor").classes(LINK)
            with card("Newest trainings"):
                self.trainings = TrainingsGlance(live.jobs)
                ui.link("All trainings", "/jobs").classes(LINK)
            with card("What to do next"):
                _next_steps(api=self.site.api)
        with card(), ui.row().classes("w-full items-center gap-3 flex-nowrap"):
            self.health = HealthGlance()
            ui.link("Health", "/health").classes(LINK)
        self._show_health()
        await self._show_model(live.active, live.jobs)
        live.models_changed.subscribe(lambda: self._show_model(live.active, live.jobs))
        live.jobs_changed.subscribe(self._jobs_changed)
        live.traffic_changed.subscribe(self._traffic_changed)
        ui.timer(HEALTH_S, self._show_health, immediate=False)

    async def _jobs_changed(self) -> None:
        jobs = self.site.live.jobs
        self.trainings.show(jobs)
        await self._show_model(self.site.live.active, jobs)

    async def _traffic_changed(self) -> None:
        self.traffic.show(await self.services.monitoring.traffic(Span.HOUR))

    def _show_health(self) -> None:
        now, problem = self.services.health.health(), self.services.prediction.problem
        self.health.show(now.message, answers=now.active_model is not None and not problem)

    async def _show_model(self, model: Model | None, jobs: list[Job]) -> None:
        job = next((job for job in reversed(jobs) if not job.finished_at), None)
        shown = ("model", model.version) if model else ("training", job.id) if job else ("nothing", 0)
        if shown == self.drawn:
            if self.now and job:
                self.now.show(job)
            return
        self.drawn, self.now = shown, None
        since = await self._since(model) if model else None
        self.head.clear()
        self.features.clear()
        self.rest.set_visibility(model is not None)
        with self.head:
            if model:
                _model(model, since)
                with self.features:
                    looks_at(model.importance)
            elif job:
                self.now = _first(job)
            else:
                no_model()

    async def _since(self, model: Model) -> datetime | None:
        log = (await self.services.models.history()).activations
        return log[0].at if log and log[0].version == model.version else None


def _model(model: Model, since: datetime | None) -> None:
    with card(mark="active-model"):
        lead_line = ui.label(f"Model {model.version} {headline(model)}").classes(f"{LEAD} break-words max-w-full")
        lead_line.props("role=heading aria-level=2").mark("headline")
        if said := verdict(model):
            ui.label(f"{said}.").classes("text-lg break-words max-w-full").mark("verdict")
        ui.label(quality_summary(model)).classes(f"{TEXT} break-words max-w-full").mark("quality")
        figures(
            [
                (
                    METRICS[name][0],
                    format_number(model.metrics[name]),
                    f"{format_number(model.baseline[name])} without features",
                )
                for name in SHOWN[model.task]
                if name in model.metrics and name in model.baseline
            ]
        )
        warnings(model.warnings)
        answers = f"It answers since {_day(since)}. " if since else ""
        trained = f"{model.estimator}, trained on {training_rows(model)}, {_day(model.created_at)}."
        ui.label(f"{answers}{trained}").classes(f"{MUTED} break-words max-w-full")
        if model.note:
            ui.label(model.note).classes(f"{MUTED} break-words max-w-full")
        with ui.row():
            lead("Predict", "insights", "/predict")
            lead("Details", "inventory_2", f"/models/{model.version}").props("outline")
            lead("Train another", "model_training", "/train").props("outline")


def _first(job: Job) -> TrainingNow:
    with card(mark="no-model"):
        ui.label("The first model is being trained").classes(LEAD)
        now = TrainingNow(job)
        ui.label("This page shows it as soon as it is there.").classes(MUTED)
        ui.link(f"Training {job.id}", f"/jobs/{job.id}").classes(LINK)
    return now


def _next_steps(*, api: bool) -> None:
    for target, name, why in STEPS:
        with ui.column().classes("gap-0"):
            ui.link(name, target).classes(LINK)
            ui.label(why).classes(MUTED)
    if not api:
        return
    with ui.column().classes("gap-0"):
        # An element of its own: links of ui.link lead to pages.
        with ui.element("a").props("href=/docs").classes(LINK):
            ui.label("Call it from a program")
        ui.label("POST /predict answers the same numbers; the docs show how.").classes(MUTED)


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
