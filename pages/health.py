"""Health: the status and message of `/health`, the facts behind it, and what to do when something is wrong."""

from nicegui import ui

from pages.components.buttons import lead
from pages.components.cards import card, facts
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import FIGURES, LEAD, MUTED, TEXT

REFRESH_S = 5.0
FIGURE = "text-2xl font-semibold tracking-tight"
MOVING = ("Running for", "Memory (resident)", "Models in the store", "Disk free for the store")
"""Facts that change while one looks."""
GOOD, POOR = ("check_circle", "text-positive"), ("warning_amber", "text-warning")


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/health")
    async def health() -> None:
        with frame(
            site, "Health", "/health", "Whether the server lives, whether a model answers, and what it runs on."
        ):
            await _Health(site).build()


class _Health:
    """The page: brought up to date in place."""

    def __init__(self, site: Site) -> None:
        self.services = site.services
        self.drawn: object = None
        """What there was to do something about when that was drawn."""

    async def build(self) -> None:
        known = await self.services.health.system_info()
        with card(mark="standing"):
            with ui.row().classes("w-full items-center gap-3 flex-nowrap"):
                self.icon = ui.icon(GOOD[0]).props("aria-hidden=true")
                with ui.column().classes("gap-0 min-w-0"):
                    self.status = ui.label().classes(f"{LEAD} capitalize").mark("status")
                    self.message = ui.label().classes(f"{TEXT} break-words").props("role=status").mark("message")
            self.advice = ui.column().classes("w-full gap-3")
        with ui.element("div").classes(FIGURES):
            self.figures = [self._figure(name) for name in MOVING]
        with card("Facts"):
            facts([(name, text) for name, text in known.items() if name not in MOVING])
        await self.look()
        ui.timer(REFRESH_S, self.look, immediate=False)

    @staticmethod
    def _figure(name: str) -> ui.label:
        with card(), ui.column().classes("gap-0"):
            ui.label(name).classes(MUTED)
            return ui.label().classes(FIGURE)

    async def look(self) -> None:
        """Show how things stand now."""
        known, complaint = await self.services.health.system_info(), await self.services.health.store_error()
        there, _ = await self.services.models.versions()
        for shown, name in zip(self.figures, MOVING, strict=True):
            shown.set_text(known[name])
        now, problem = self.services.health.health(), self.services.prediction.problem
        well = now.active_model is not None and not problem
        icon, colour = GOOD if well and not complaint else POOR
        self.icon.set_name(icon)
        self.icon.classes(replace=f"text-4xl {colour}")
        self.status.set_text(now.status)
        self.message.set_text(now.message)
        if self.drawn != (state := (well, there, complaint)):
            self.drawn = state
            self.advice.clear()
            self.advice.set_visibility(bool(complaint) or not well)
            with self.advice:
                _advise(complaint, well=well, there=there is not None)


def _advise(complaint: str | None, *, well: bool, there: bool) -> None:
    """Say what to do when something is wrong."""
    warnings([complaint] if complaint else [])
    if well:
        return
    if there:
        ui.label(
            "The server lives, but its active model does not answer: activate another one, or train anew."
        ).classes(TEXT)
    with ui.row():
        if there:
            lead("Choose another model", "inventory_2", "/models")
        lead("Train a model", "model_training", "/train").props("outline" if there else "")
