"""Monitor tab: requests to a model, their latency, and predictions and data drift of one of its versions."""

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.monitoring.requests import NO_REQUESTS, traffic_headline
from mlapp.schemas import Span
from pages.components.cards import card, empty_state
from pages.components.charts.drift import DriftView
from pages.components.charts.traffic import TrafficView
from pages.components.forms.coalescing import CoalescedTask
from pages.model.tabs import ModelPage, Tab, model_page, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import LEAD, LINE

ACTIVE = "active"
SPANS = {Span.HOUR.value: "Last hour", Span.DAY.value: "Last day"}


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}/monitor", response_timeout=RESPONSE_TIMEOUT_S)
    async def monitor(model: str, span: str = Span.HOUR.value, version: str = ACTIVE) -> None:
        shown = Span(span) if span in SPANS else Span.HOUR
        await model_page(site, model, Tab.MONITOR, lambda page: _Monitor(site, page, shown, version).build())


class _Monitor:
    """The page: redrawn when another version is selected, updated in place with each request."""

    headline: ui.label
    traffic: TrafficView
    drift: DriftView

    def __init__(self, site: Site, page: ModelPage, span: Span, version: str) -> None:
        self.site, self.page, self.model, self.span, self.version = site, page, page.model, span, version
        self.drawn: tuple[int | None, bool] | None = None
        """The version that is shown, and whether there were requests."""
        self.task = CoalescedTask(self._update)

    async def build(self) -> None:
        with ui.row().classes("w-full items-center gap-3"):
            spans = ui.toggle(SPANS, value=self.span.value, on_change=lambda event: self._select(span=event.value))
            spans.props("unelevated no-caps toggle-color=primary").classes(f"border {LINE}").mark("span")
            options = self._versions()
            known = self.version if self.version in options else None
            self.select = ui.select(options, label="Predictions and drift of", value=known)
            self.select.props("outlined dense").classes("w-56").mark("version")
            self.select.on_value_change(lambda event: self._select(version=event.value))
            ui.space()
        self.content = ui.column().classes("w-full gap-5")
        await self._update()
        self.page.follow(self.site.live.traffic_changed, self._schedule)
        self.page.on_change(self._models_changed)

    async def _update(self) -> None:
        monitoring, active = self.site.services.monitoring, self.site.live.active(self.model)
        number = active.version if active else None
        try:
            if self.version != ACTIVE:
                number = await self.site.services.models.number(self.model, self.version)
            traffic = await monitoring.traffic(self.span, self.model, number)
            drift = await monitoring.drift(self.model, number) if number else None
        except NotFound as error:
            self._show_missing(error)
            return
        has_requests = bool(traffic.total.requests or (drift and drift.rows))
        if self.drawn == (number, has_requests):
            if has_requests:
                self.headline.set_text(traffic_headline(traffic, drift))
                self.traffic.show(traffic)
                if drift:
                    self.drift.show(drift)
            return
        self.drawn = number, has_requests
        self.content.clear()
        with self.content:
            if not has_requests:
                target = ("Make a prediction", "insights", tab_path(self.model, Tab.PREDICT))
                empty_state("query_stats", "No requests yet", NO_REQUESTS, target, mark="no-requests")
                return
            self.headline = ui.label(traffic_headline(traffic, drift)).classes(LEAD).mark("headline")
            self.headline.props("role=heading aria-level=2")
            self.traffic = TrafficView(traffic)
            if drift:
                with card("Requests compared with training", mark="drift"):
                    self.drift = DriftView(drift)

    def _show_missing(self, error: NotFound) -> None:
        """Say that the version does not exist."""
        self.drawn = None
        self.content.clear()
        with self.content:
            target = ("Active version", "query_stats", tab_path(self.model, Tab.MONITOR))
            detail = f"{error.detail.partition(';')[0].rstrip('.')}."
            empty_state("travel_explore", "Version not found", detail, target, mark="missing-version")

    def _select(self, span: str | None = None, version: str | None = None) -> None:
        self.span, self.version = Span(span or self.span), version or self.version
        ui.navigate.history.replace(f"?span={self.span.value}&version={self.version}")
        self.task.schedule()

    async def _schedule(self) -> None:
        self.task.schedule()

    async def _models_changed(self) -> None:
        self.select.set_options(self._versions())
        self.task.schedule()

    def _versions(self) -> dict[str, str]:
        active, stored = self.site.live.active(self.model), self.site.live.models.get(self.model)
        now = f"the active version ({active.version})" if active else "the active version"
        return {ACTIVE: now} | {str(number): f"version {number}" for number in (stored.versions if stored else ())}
