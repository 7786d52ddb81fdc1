"""Monitor: what the models are asked, how long it takes, and how far it is from what they learnt."""

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.schemas import Drift, Span, Traffic
from pages.components.buttons import lead
from pages.components.cards import card, empty
from pages.components.charts.drift import DriftView
from pages.components.charts.traffic import TrafficView
from pages.frame import frame
from pages.session.site import Site
from pages.theme import MUTED

ACTIVE = "active"
SPANS = {Span.HOUR.value: "Last hour", Span.DAY.value: "Last day"}
UNTRIED = "Whatever pages and programs ask is counted here, within a second."


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/monitor")
    async def monitor(span: str = Span.HOUR.value, version: str = ACTIVE) -> None:
        with frame(
            site, "Monitor", "/monitor", "What is asked, how it is answered, and whether it still looks the same."
        ):
            await _Monitor(site, Span(span) if span in SPANS else Span.HOUR, version).build()


class _Monitor:
    """The page: drawn anew when something else is chosen, brought up to date in place when something is asked."""

    def __init__(self, site: Site, span: Span, version: str) -> None:
        self.site, self.span, self.version = site, span, version
        self.traffic: TrafficView | None = None
        self.drift: DriftView | None = None
        self.drawn: tuple[int | None, bool] | None = None
        """The version that is shown, and whether anything was asked."""
        self.busy = self.wanted = False

    async def build(self) -> None:
        await self.site.live.look()
        with ui.row().classes("w-full items-center gap-3"):
            spans = ui.toggle(SPANS, value=self.span.value, on_change=lambda event: self._choose(span=event.value))
            spans.props("unelevated no-caps toggle-color=primary").mark("span")
            options = self._versions()
            self.select = (
                ui.select(
                    options,
                    value=self.version if self.version in options else None,
                    label="Predictions and drift of",
                    on_change=lambda event: self._choose(version=event.value),
                )
                .props("outlined dense")
                .classes("w-56")
                .mark("version")
            )
            ui.space()
            ui.label("Times are UTC.").classes(MUTED)
        self.content = ui.column().classes("w-full gap-5")
        await self.look()
        self.site.live.traffic_changed.subscribe(self.look)
        self.site.live.models_changed.subscribe(self._models_changed)

    async def look(self) -> None:
        """Show how things stand now; not twice at a time, but once more when it is asked for meanwhile."""
        self.wanted = True
        if self.busy:
            return
        self.busy = True
        try:
            while self.wanted:
                self.wanted = False
                await self._look()
        except NotFound as error:
            self._gone(error)
        finally:
            self.busy = False

    async def _look(self) -> None:
        monitoring, active = self.site.services.monitoring, self.site.live.active
        number = active.version if active else None
        if self.version != ACTIVE:
            number = await self.site.services.models.number(self.version)
        traffic = await monitoring.traffic(self.span, number)
        drift = await monitoring.drift(number) if number else None
        asked = bool(traffic.total.requests or (drift and drift.rows))
        if self.drawn == (number, asked):
            self._show(traffic, drift)
            return
        self.drawn = number, asked
        self.content.clear()
        self.traffic = self.drift = None
        with self.content:
            self._draw(traffic, drift) if asked else _nothing_asked(number)

    def _draw(self, traffic: Traffic, drift: Drift | None) -> None:
        self.traffic = TrafficView(traffic)
        if drift:
            with card("Does it still look like what the model learnt from?", mark="drift"):
                self.drift = DriftView(drift)

    def _show(self, traffic: Traffic, drift: Drift | None) -> None:
        if self.traffic:
            self.traffic.show(traffic)
        if self.drift and drift:
            self.drift.show(drift)

    def _gone(self, error: NotFound) -> None:
        self.drawn = None
        self.content.clear()
        with self.content, empty("travel_explore", "There is no such model", error.detail):
            lead("All models", "inventory_2", "/models")

    async def _choose(self, span: str | None = None, version: str | None = None) -> None:
        self.span, self.version = Span(span or self.span), version or self.version
        ui.navigate.history.replace(f"?span={self.span.value}&version={self.version}")
        await self.look()

    async def _models_changed(self) -> None:
        self.select.set_options(self._versions())
        await self.look()

    def _versions(self) -> dict[str, str]:
        active = self.site.live.active
        return {ACTIVE: f"the active model ({active.version})" if active else "the active model"} | {
            str(version): f"model {version}" for version in self.site.live.versions
        }


def _nothing_asked(number: int | None) -> None:
    with empty("query_stats", "Nothing was asked yet", UNTRIED, mark="nothing-asked"):
        if number:
            lead("Predict something", "insights", "/predict")
        else:
            lead("Train a model", "model_training", "/train")
