"""The screen: one file a page, the frame in `theme`, shared pieces in `components`."""

from fastapi import FastAPI, Request, Response
from nicegui import Client, ui
from nicegui import app as ui_app
from nicegui.page import page

from mlapp.services import Services
from mlapp.settings import Settings
from pages import health, jobs, model, models, overview, predict, train
from pages.theme import TEXT, card, frame

FAVICON = "◆"


def mount(app: FastAPI, path: str, services: Services, settings: Settings, *, api: bool = True) -> None:
    """Add the pages to the app, under a path, after all its routes; they mention the API where there is one."""
    for shown in (models, model, jobs, health):
        shown.register(services)
    overview.register(services, api=api)
    predict.register(services, api=api)
    train.register(services, settings)
    ui.button.default_props("no-caps unelevated")
    ui_app.on_page_exception(_broken_page)
    ui_app.exception_handlers[404] = _not_found
    ui.run_with(
        app, mount_path=path, title="mlapp", favicon=FAVICON, dark=None, language="en-US", show_welcome_message=False
    )


async def _not_found(request: Request, _: Exception) -> Response:
    client = Client(page("", title="Not found · mlapp"), request=request)
    with client, frame("This page does not exist", ""), card():
        ui.label("The address may be mistyped, or the page is gone.").classes(TEXT)
        ui.link("Overview", "/")
    return client.build_response(request, 404)


def _broken_page() -> None:
    with frame("Something went wrong", ""), card():
        ui.label("This page could not be shown; why is in the log. The models go on answering.").classes(TEXT)
        ui.link("Overview", "/")
