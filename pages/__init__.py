"""The screen: one file a page, the frame in `theme`, shared pieces in `components`."""

from fastapi import FastAPI
from nicegui import app as ui_app
from nicegui import ui

from mlapp.services import Services
from mlapp.settings import Settings
from pages import health, model, models, overview, predict, train
from pages.theme import TEXT, card, frame

FAVICON = "◆"


def mount(app: FastAPI, path: str, services: Services, settings: Settings) -> None:
    """Add the pages to the app, under a path; to be called after all routes are there."""
    for page in (overview, predict, models, model, health):
        page.register(services)
    train.register(services, settings)
    ui.button.default_props("no-caps unelevated")
    ui_app.on_page_exception(_broken_page)
    ui.run_with(
        app, mount_path=path, title="mlapp", favicon=FAVICON, dark=None, language="en-US", show_welcome_message=False
    )


def _broken_page() -> None:
    with frame("Something went wrong", ""), card():
        ui.label("This page could not be shown; why is in the log. The models go on answering.").classes(TEXT)
        ui.link("Overview", "/")
