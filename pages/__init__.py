"""Web pages (NiceGUI): one module per page, `frame` around them, shared `components`."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from nicegui import Client, ui
from nicegui import app as ui_app
from nicegui.page import page

from mlapp import TITLE
from mlapp.services import Services
from mlapp.settings import Settings
from pages import jobs, models, system, train
from pages.components.buttons import MODELS
from pages.components.cards import empty_state
from pages.frame import frame
from pages.model import api as model_api
from pages.model import compare, monitor, overview, predict, version, versions
from pages.model import settings as model_settings
from pages.session import login
from pages.session.guard import Guard, guard_messages
from pages.session.live_updates import LiveUpdates
from pages.session.site import Site

TABS = (overview, predict, versions, compare, version, monitor, model_api, model_settings)
PAGES = (models, train, jobs, system, login, *TABS)
"""Modules with a function `register`; the path of `compare` also matches that of `version`, which comes after it."""
NOT_FOUND = ("travel_explore", "Page not found", "Check the address; the page may have been removed.")
BROKEN = ("report", "This page could not be shown", "See the server log for the cause. Predictions are not affected.")
FAVICON = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/>\
<g stroke="#fff" stroke-width="2"><path d="M16 16 8 10M16 16l9-5M16 16l-3 9M16 16l7 7"/></g><g fill="#fff">\
<circle cx="16" cy="16" r="4"/><circle cx="8" cy="10" r="2.5"/><circle cx="25" cy="11" r="2.5"/>\
<circle cx="13" cy="25" r="2.5"/><circle cx="23" cy="23" r="2.5"/></g></svg>"""


def mount(app: FastAPI, path: str, services: Services, settings: Settings, *, api: bool = True) -> None:
    """Mount the pages under a path, after all routes of the app; with `api` they link to the API."""
    site = Site(services, settings, LiveUpdates(services), api)
    for module in PAGES:
        module.register(site)
    here = Path(__file__)
    ui.add_css(here.with_name("style.css"), shared=True)
    for script in ("localize.js", "shortcuts.js"):
        ui.add_head_html(f"<script>{here.with_name(script).read_text('utf-8')}</script>", shared=True)
    ui.button.default_props("no-caps unelevated")
    ui.menu_item.default_props("role=menuitem")
    ui_app.on_page_exception(lambda: _error_page(site, "Something went wrong", BROKEN))

    async def not_found(request: Request, _: Exception) -> Response:
        client = Client(page("", title=f"Not found · {TITLE}"), request=request)
        with client:
            _error_page(site, "This page does not exist", NOT_FOUND)
        return client.build_response(request, 404)

    ui_app.exception_handlers[404] = not_found
    ui_app.add_middleware(Guard)
    guard_messages()
    ui.run_with(
        app, mount_path=path, title=TITLE, favicon=FAVICON, dark=None, language="en-US", show_welcome_message=False
    )


def _error_page(site: Site, title: str, state: tuple[str, str, str]) -> None:
    with frame(site, title, ""):
        empty_state(*state, MODELS)
