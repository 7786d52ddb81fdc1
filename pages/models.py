"""Models page, the home page: a drop zone, and a card per model."""

from nicegui import ui

from pages.frame import frame
from pages.session.site import Site


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/")
    async def models() -> None:
        await site.live.refresh()
        with frame(site, "Models", "/"):
            pass
