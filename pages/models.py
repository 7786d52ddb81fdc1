"""Models page, the home page: a drop zone, and a card per model."""

from nicegui import app as ui_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse

from pages.frame import frame
from pages.session.site import Site


def register(site: Site) -> None:
    """Add the page, and the redirect of `/predict` to the default model."""

    @ui.page("/")
    async def models() -> None:
        await site.live.refresh()
        with frame(site, "Models", "/"):
            pass

    @ui_app.get("/predict")
    async def predict(request: Request) -> RedirectResponse:
        state = await site.services.models.state()
        # Relative, as a proxy may add a prefix.
        page = f"models/{state.default}/predict" if state.default else "./"
        return RedirectResponse(f"{page}?{request.url.query}" if request.url.query else page)
