"""The screen: one file a page, the frame around them in `frame`, shared pieces in `components`."""

from fastapi import FastAPI, Request, Response
from nicegui import Client, ui
from nicegui import app as ui_app
from nicegui.page import page

from mlapp import TITLE
from mlapp.services import Services
from mlapp.settings import Settings
from pages import compare, health, jobs, model, models, monitor, overview, predict, train
from pages.components.buttons import lead
from pages.components.cards import empty
from pages.frame import frame
from pages.session import login
from pages.session.guard import Guard, bind_messages
from pages.session.live_updates import Live
from pages.session.site import Site

PAGES = (overview, train, predict, models, compare, model, monitor, jobs, health, login)
NOT_FOUND = ("travel_explore", "There is nothing here", "The address may be mistyped, or the page is gone.")
BROKEN = ("report", "This page could not be shown", "Why is in the log. The models go on answering.")
FAVICON = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/>\
<g stroke="#fff" stroke-width="2"><path d="M16 16 8 10M16 16l9-5M16 16l-3 9M16 16l7 7"/></g><g fill="#fff">\
<circle cx="16" cy="16" r="4"/><circle cx="8" cy="10" r="2.5"/><circle cx="25" cy="11" r="2.5"/>\
<circle cx="13" cy="25" r="2.5"/><circle cx="23" cy="23" r="2.5"/></g></svg>"""


def mount(app: FastAPI, path: str, services: Services, settings: Settings, *, api: bool = True) -> None:
    """Add the pages to the app, under a path, after all its routes; they mention the API where there is one."""
    site = Site(services, settings, Live(services), api)
    for shown in PAGES:
        shown.register(site)
    ui.button.default_props("no-caps unelevated")
    ui_app.on_page_exception(lambda: _broken_page(site))

    async def not_found(request: Request, _: Exception) -> Response:
        client = Client(page("", title=f"Not found · {TITLE}"), request=request)
        with client, frame(site, "This page does not exist", ""), empty(*NOT_FOUND):
            lead("Go to the overview", "space_dashboard", "/")
        return client.build_response(request, 404)

    ui_app.exception_handlers[404] = not_found
    ui_app.add_middleware(Guard)
    bind_messages()
    ui.run_with(
        app, mount_path=path, title=TITLE, favicon=FAVICON, dark=None, language="en-US", show_welcome_message=False
    )


def _broken_page(site: Site) -> None:
    with frame(site, "Something went wrong", ""), empty(*BROKEN):
        lead("Go to the overview", "space_dashboard", "/")
