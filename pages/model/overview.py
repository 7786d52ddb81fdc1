"""Overview tab: how good the active version of a model is, its plots, traffic and trainings, and next steps."""

from datetime import datetime

from nicegui import ui

from mlapp.presentation.formats import format_time
from mlapp.presentation.models.states import EXAMPLE
from mlapp.presentation.sentences import headline, trained_on
from mlapp.schemas import ModelInfo, Span, Traffic, VersionInfo
from pages.components.buttons import link_button
from pages.components.cards import card
from pages.components.charts.evaluation import PLAIN, plots
from pages.components.decision.card import decision_card
from pages.components.model.scores import findings
from pages.components.model.summary import summary
from pages.components.overview_cards import TrafficSummary
from pages.components.training.job_progress import JobList
from pages.components.warnings import notes, warnings
from pages.model.tabs import ModelPage, Tab, model_page, no_active_version, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import GRID, LINK, MUTED

MAX_TRAININGS = 4


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
        self.findings = ui.column().classes("w-full gap-5")
        with ui.element("div").classes(GRID):
            with card("Last hour") as self.hour:
                self.traffic = TrafficSummary(await self._traffic())
                ui.link("All requests", tab_path(self.model, Tab.MONITOR)).classes(LINK)
            with card("Recent trainings"):
                self.trainings = JobList(self.site)
                self.no_trainings = ui.label("No recent trainings of this model.").classes(MUTED)
                ui.link("All trainings", f"/jobs?model={self.model}").classes(LINK)
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
        for area in (self.head, self.findings):
            area.clear()
        for element in (self.hour, self.findings):
            element.set_visibility(info is not None)
        with self.head:
            if info is None:
                no_active_version(self.model)
                return
            _version(info, log[0].at if log and log[0].version == info.version else None, problem, self.page.info)
        with self.findings:
            decision_card(self.site, info)
            findings(info)
            # Two classes have their table where the line is drawn.
            if not info.threshold_curve:
                plots([info], PLAIN)


def _version(info: VersionInfo, since: datetime | None, problem: str | None, model: ModelInfo) -> None:
    with card(mark="active-card"):
        warnings([problem] if problem else [])
        summary(info)
        active = f", active since {format_time(since)}" if since else ""
        about = f"Version {info.version}{active}, {headline(info)} and was {trained_on(info)}."
        ui.label(about).classes(f"{MUTED} break-words max-w-full").mark("since")
        if info.note:
            ui.label(info.note).classes(f"{MUTED} break-words max-w-full whitespace-pre-wrap")
        notes("demo", [EXAMPLE] if model.demo else [])
        with ui.row().classes("gap-2"):
            link_button("Predict", "insights", tab_path(model.name, Tab.PREDICT))
            details = f"/models/{model.name}/versions/{info.version}"
            link_button("All scores and charts", "query_stats", details).props("outline").mark("details")
            link_button("Train a new version", "model_training", f"/train?model={model.name}").props("outline")
