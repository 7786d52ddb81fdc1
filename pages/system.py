"""System page: the status of `/health`, memory, disk and traffic of the server, and what to do about problems."""

from nicegui import ui

from mlapp.presentation.formats import format_bytes, format_count
from mlapp.presentation.page_words import on_page
from mlapp.schemas import Span
from pages.components.buttons import TRAIN, link_button
from pages.components.cards import card, facts
from pages.components.overview_cards import TrafficSummary
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import FIGURES, FOLD, GRID, LEAD, LINK, MUTED, TEXT

REFRESH_S = 5.0
FIGURE = "text-2xl font-semibold tracking-tight"
LIVE_INFO = ("Running for", "Memory (resident)", "Disk free for the store")
"""Values that are updated while the page is open."""
STORED = "Models"
NO_MODEL = "There is no model yet."
HEALTHY, UNHEALTHY = ("check_circle", "text-positive"), ("warning_amber", "text-warning")


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/system", response_timeout=RESPONSE_TIMEOUT_S)
    async def system() -> None:
        await site.live.refresh()
        with frame(site, "System", "/system", "Status of the server, for those who operate it."):
            await _System(site).build()


class _System:
    """The page, updated in place."""

    def __init__(self, site: Site) -> None:
        self.site, self.services = site, site.services
        self.figures: dict[str, ui.label] = {}
        self.advised: object = None
        """The state that the shown advice is for."""

    async def build(self) -> None:
        info = await self.services.health.system_info()
        traffic = await self.services.monitoring.traffic(Span.HOUR)
        with card(mark="status-card"):
            with ui.row().classes("w-full items-center gap-3 flex-nowrap"):
                self.icon = ui.icon(HEALTHY[0]).props("aria-hidden=true")
                with ui.column().classes("gap-0 min-w-0"):
                    self.status = ui.label().classes(f"{LEAD} capitalize").mark("status")
                    self.message = ui.label().classes(f"{TEXT} break-words").props("role=status").mark("message")
            self.advice = ui.column().classes("w-full gap-3")
            ui.separator()
            with ui.element("div").classes(FIGURES):
                for name in (*LIVE_INFO, STORED):
                    with ui.column().classes("gap-0"):
                        ui.label(name).classes(MUTED)
                        self.figures[name] = ui.label().classes(FIGURE)
        with ui.element("div").classes(GRID):
            with card("Last hour, all models"):
                self.traffic = TrafficSummary(traffic)
            with card("Store"):
                ui.label(info["Store"]).classes(f"{TEXT} [overflow-wrap:anywhere]")
                self.stored = ui.column().classes("w-full").mark("versions")
        with card():
            if self.site.api:
                _links()
            with ui.expansion("Versions of software").props(FOLD).classes("w-full").mark("software"):
                facts([(name, text) for name, text in info.items() if name not in (*self.figures, "Store")])
        await self.update()
        ui.timer(REFRESH_S, self.update, immediate=False)
        self.site.live.models_changed.subscribe(self.update)
        self.site.live.traffic_changed.subscribe(self._show_traffic)

    async def _show_traffic(self) -> None:
        self.traffic.show(await self.services.monitoring.traffic(Span.HOUR))

    async def update(self) -> None:
        """Show the current state."""
        info, store_error = await self.services.health.system_info(), await self.services.health.store_error()
        for name in LIVE_INFO:
            self.figures[name].set_text(info[name])
        self.figures[STORED].set_text(format_count(len(self.site.live.models)))
        self.stored.clear()
        with self.stored:
            facts(self._versions())
        prediction = self.services.prediction
        answers = prediction.active() is not None and not prediction.problem()
        icon, colour = HEALTHY if answers and not store_error else UNHEALTHY
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-4xl {colour}")
        self.status.set_text(self.services.health.health().status)
        default = self.site.live.default
        self.message.set_text(on_page(prediction.message) if default else NO_MODEL)
        if self.advised != (state := (answers, default, store_error)):
            self.advised = state
            self.advice.clear()
            self.advice.set_visibility(bool(store_error) or not answers)
            with self.advice:
                _advise(store_error, default, answers=answers)

    def _versions(self) -> list[tuple[str, str]]:
        loaded, limit = self.services.prediction.loaded_sizes, self.site.settings.loaded_mb
        return [
            ("Versions", format_count(sum(len(model.versions) for model in self.site.live.models.values()))),
            (
                "Kept per model",
                f"{format_count(self.site.settings.keep_versions)} versions and the active one",
            ),
            ("In memory", f"{format_count(len(loaded), 'version')}, besides that of the default model"),
            (
                "Size of those",
                f"{format_bytes(sum(loaded.values()))} of {format_count(limit)} MB",
            ),
        ]


def _advise(store_error: str | None, default: str | None, *, answers: bool) -> None:
    """Draw what to do about problems."""
    warnings([store_error] if store_error else [])
    if answers:
        return
    if default:
        ui.label(
            f"The active version of the default model, {default}, cannot be used: activate another one, or train again."
        ).classes(TEXT)
    with ui.row():
        if default:
            link_button("Activate another version", "bolt", f"/models/{default}/versions").mark("go-versions")
        link_button(*TRAIN).props("outline" if default else "")


def _links() -> None:
    with ui.row().classes("gap-x-6 gap-y-1 pt-2"):
        for text, path in (("API documentation", "/docs"), ("Metrics for Prometheus", "/metrics")):
            # Not ui.link, which links to pages only.
            with ui.element("a").classes(LINK) as link:
                ui.label(text)
            link.props["href"] = path
