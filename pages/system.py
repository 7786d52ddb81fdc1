"""Health page: the status of `/health`, details of the server, and what to do about problems."""

from nicegui import ui

from pages.components.buttons import TRAIN, link_button
from pages.components.cards import card, facts
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import FIGURES, LEAD, MUTED, TEXT

REFRESH_S = 5.0
FIGURE = "text-2xl font-semibold tracking-tight"
LIVE_INFO = ("Running for", "Memory (resident)", "Models in the store", "Disk free for the store")
"""Values that are updated while the page is open."""
HEALTHY, UNHEALTHY = ("check_circle", "text-positive"), ("warning_amber", "text-warning")


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/health")
    async def health() -> None:
        with frame(site, "Health", "/health", "Status of the server and the active model."):
            await _Health(site).build()


class _Health:
    """The page, updated in place."""

    def __init__(self, site: Site) -> None:
        self.services = site.services
        self.figures: dict[str, ui.label] = {}
        self.advised: object = None
        """The state that the shown advice is for."""

    async def build(self) -> None:
        info = await self.services.health.system_info()
        with card(mark="status-card"):
            with ui.row().classes("w-full items-center gap-3 flex-nowrap"):
                self.icon = ui.icon(HEALTHY[0]).props("aria-hidden=true")
                with ui.column().classes("gap-0 min-w-0"):
                    self.status = ui.label().classes(f"{LEAD} capitalize").mark("status")
                    self.message = ui.label().classes(f"{TEXT} break-words").props("role=status").mark("message")
            self.advice = ui.column().classes("w-full gap-3")
        with ui.element("div").classes(FIGURES):
            for name in LIVE_INFO:
                with card(), ui.column().classes("gap-0"):
                    ui.label(name).classes(MUTED)
                    self.figures[name] = ui.label().classes(FIGURE)
        with card("System"):
            facts([(name, text) for name, text in info.items() if name not in LIVE_INFO])
        await self.update()
        ui.timer(REFRESH_S, self.update, immediate=False)

    async def update(self) -> None:
        """Show the current state."""
        info, store_error = await self.services.health.system_info(), await self.services.health.store_error()
        active, _ = await self.services.models.versions()
        for name, label in self.figures.items():
            label.set_text(info[name])
        now, problem = self.services.health.health(), self.services.prediction.problem
        answers = now.active_model is not None and not problem
        icon, colour = HEALTHY if answers and not store_error else UNHEALTHY
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-4xl {colour}")
        self.status.set_text(now.status)
        self.message.set_text(now.message)
        if self.advised != (state := (answers, active is not None, store_error)):
            self.advised = state
            self.advice.clear()
            self.advice.set_visibility(bool(store_error) or not answers)
            with self.advice:
                _advise(store_error, answers=answers, has_active=active is not None)


def _advise(store_error: str | None, *, answers: bool, has_active: bool) -> None:
    """Draw what to do about problems."""
    warnings([store_error] if store_error else [])
    if answers:
        return
    if has_active:
        ui.label(
            "The server is running, but its active model cannot be used: activate another one, or train a new one."
        ).classes(TEXT)
    with ui.row():
        if has_active:
            link_button("Activate another model", "inventory_2", "/models")
        link_button(*TRAIN).props("outline" if has_active else "")
