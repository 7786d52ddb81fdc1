"""Overview tab: how good the active version of a model is, its plots, traffic and trainings, and next steps."""

from datetime import datetime

from nicegui import ui

from mlapp.presentation.formats import format_time
from mlapp.presentation.sentences import headline, training_rows
from mlapp.presentation.training_choices import estimator_text
from mlapp.schemas import ModelInfo, Span, Traffic, VersionInfo
from pages.components.buttons import link_button
from pages.components.cards import card
from pages.components.charts.evaluation import plots
from pages.components.decision.card import decision_card
from pages.components.model.scores import weak_spots_card
from pages.components.model.summary import summary
from pages.components.overview_cards import TrafficSummary, importance_bars
from pages.components.training.job_progress import JobList
from pages.components.warnings import notes, warnings
from pages.model.tabs import ModelPage, Tab, model_page, no_active_version, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import GRID, LINK, MUTED

MAX_TRAININGS = 4
DEMO = (
    "This model is an example on simulated data, trained at the first start. "
    "Train your own model, and delete this one in its settings."
)


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}", response_timeout=RESPONSE_TIMEOUT_S)
    async def overview(model: str) -> None:
        await model_page(site, model, Tab.OVERVIEW, lambda page: _Overview(site, page).build())


class _Overview:
    """The page: the version is redrawn when another one is active, the rest is updated in place."""

    def __init__(self, site: Site, page: ModelPage) -> None:
        self.site, self.page, self.model = site, page, page.model
        self.drawn: tuple[object, ...] | None = None
        """The version that is drawn, with its note and its problem."""

    async def build(self) -> None:
        live = self.site.live
        self.head = ui.column().classes("w-full gap-5")
        with ui.element("div").classes(GRID) as self.middle:
            with card("Important columns"):
                self.features = ui.column().classes("w-full gap-3")
            with card("Last hour"):
                self.traffic = TrafficSummary(await self._traffic())
                ui.link("Traffic and drift", tab_path(self.model, Tab.MONITOR)).classes(LINK)
        self.decision = ui.column().classes("w-full")
        self.plots = ui.column().classes("w-full gap-5")
        with ui.element("div").classes(GRID):
            with card("Recent trainings"):
                self.trainings = JobList(self.site)
                self.no_trainings = ui.label("No recent trainings of this model.").classes(MUTED)
                ui.link("All trainings", "/jobs").classes(LINK)
            with card("Next steps"):
                _next_steps(self.model, api=self.site.api)
        await self._show_version()
        await self._show_trainings()
        self.page.on_change(self._show_version)
        self.page.follow(live.jobs_changed, self._show_trainings)
        self.page.follow(live.traffic_changed, self._show_traffic)

    async def _traffic(self) -> Traffic:
        return await self.site.services.monitoring.traffic(Span.HOUR, self.model)

    async def _show_traffic(self) -> None:
        self.traffic.show(await self._traffic())

    async def _show_trainings(self) -> None:
        jobs = [job for job in self.site.live.jobs if job.model == self.model]
        self.trainings.show(jobs[:MAX_TRAININGS])
        self.no_trainings.set_visibility(not jobs)

    async def _show_version(self) -> None:
        services = self.site.services
        info, problem = self.site.live.active(self.model), services.prediction.problem(self.model)
        shown = (info and info.version, info and info.note, problem, self.page.info.demo, self.page.info.decision)
        if shown == self.drawn:
            return
        log = (await services.models.history(self.model)).activations
        self.drawn = shown
        for area in (self.head, self.features, self.decision, self.plots):
            area.clear()
        for element in (self.middle, self.decision, self.plots):
            element.set_visibility(info is not None)
        with self.head:
            if info is None:
                no_active_version(self.model)
                return
            _version(info, log[0].at if log and log[0].version == info.version else None, problem, self.page.info)
        with self.features:
            importance_bars(info.importance)
        with self.decision:
            decision_card(self.site, info)
        with self.plots:
            plots([info])
            weak_spots_card(info)


def _version(info: VersionInfo, since: datetime | None, problem: str | None, model: ModelInfo) -> None:
    with card(mark="active-card"):
        active = f", active since {format_time(since)}" if since else ""
        ui.label(f"Version {info.version}{active}").classes(MUTED).mark("since")
        warnings([problem] if problem else [])
        summary(info)
        how = f"by {estimator_text(info)}, trained on {training_rows(info)}"
        trained = f"It {headline(info)}, {how} on {format_time(info.created_at)}."
        ui.label(trained).classes(f"{MUTED} break-words max-w-full").mark("trained")
        if info.note:
            ui.label(info.note).classes(f"{MUTED} break-words max-w-full whitespace-pre-wrap")
        notes("demo", [DEMO] if model.demo else [])
        with ui.row().classes("gap-2"):
            link_button("Predict", "insights", tab_path(model.name, Tab.PREDICT))
            link_button("Details", "inventory_2", f"/models/{model.name}/versions/{info.version}").props("outline")
            link_button("Train a new version", "model_training", f"/train?model={model.name}").props("outline")


def _next_steps(model: str, *, api: bool) -> None:
    steps = [
        (f"/train?model={model}", "Train a new version", "On a newer table, or with other columns."),
        (tab_path(model, Tab.PREDICT), "Predict", "One row, with charts of what changes the answer, or a whole file."),
        (tab_path(model, Tab.VERSIONS), "Compare versions", "See how they differ, activate one, or roll back."),
        (tab_path(model, Tab.API), "Call it from a program", "Ready-made code for it."),
    ]
    for target, name, text in steps if api else steps[:-1]:
        with ui.column().classes("gap-0"):
            ui.link(name, target).classes(LINK)
            ui.label(text).classes(MUTED)
