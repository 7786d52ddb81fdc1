"""Health: the status and message of `/health`, and the facts behind it."""

from nicegui import ui

from pages.components.cards import card
from pages.components.tables import plain_table
from pages.frame import frame
from pages.site import Site

REFRESH_S = 5.0


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/health")
    async def health() -> None:
        @ui.refreshable
        async def facts() -> None:
            now = services.health.health()
            with card():
                with ui.row().classes("items-center gap-3"):
                    ui.icon("check_circle").classes("text-3xl text-positive")
                    ui.label(now.status).classes("text-xl font-semibold").mark("status")
                ui.label(now.message).mark("message")
            with card("Facts"):
                plain_table(("", ""), list((await services.health.facts()).items())).props("hide-header")

        with frame(site, "Health", "/health"):
            await facts()
            ui.timer(REFRESH_S, facts.refresh, immediate=False)
