"""Login and logout: a plain HTML form without a socket.

So the server keeps no state for anonymous clients, and password managers work.
"""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, unquote

from nicegui import app as ui_app
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mlapp import TITLE
from mlapp.errors import MlappError
from mlapp.services.access.sessions import LIFETIME_S, SESSION, cookie_name
from pages.session.guard import close_pages
from pages.session.site import Site
from pages.theme import COOKIE, THEMES

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'"
OVERVIEW = "/ui/"


def register(site: Site) -> None:
    """Add the login page and the routes of its forms."""
    access = site.services.access
    template = Template(Path(__file__).with_suffix(".html").read_text("utf-8"))

    @ui_app.get("/login")
    async def show(request: Request) -> Response:
        if access.open or SESSION in request.scope:
            return RedirectResponse(_redirect_target(request), 303)
        return _form(template, request)

    @ui_app.post("/login")
    async def log_in(request: Request) -> Response:
        # A middleware limits the size of this body. Nothing follows, as coverage.py would not trace it.
        return start_session(request, parse_qs((await request.body()).decode("latin-1"), encoding="utf-8"))

    def start_session(request: Request, form: dict[str, list[str]]) -> Response:
        if access.open:
            return RedirectResponse(OVERVIEW, 303)
        try:
            token = access.log_in(form.get("key", [""])[0].strip().encode())
        except MlappError as error:
            return _form(template, request, error)
        if SESSION in request.scope:
            access.sessions.revoke(request.scope[SESSION])
        return _set_cookie(request, RedirectResponse(_redirect_target(request), 303), token, LIFETIME_S)

    @ui_app.post("/logout")
    async def log_out(request: Request) -> Response:
        response = _set_cookie(request, RedirectResponse("/ui/login", 303), "", 0)
        if SESSION in request.scope:
            access.sessions.revoke(request.scope[SESSION])
            # After the response, which deletes the cookie: closing the pages redirects the one that sent this request.
            response.background = BackgroundTask(close_pages, request.scope[SESSION])
        return response


def _set_cookie(request: Request, response: Response, token: str, seconds: int) -> Response:
    scheme = request.scope["scheme"]
    response.set_cookie(cookie_name(scheme), token, seconds, secure=scheme == "https", httponly=True, samesite="lax")
    return response


def _form(template: Template, request: Request, error: MlappError | None = None) -> Response:
    theme = request.cookies.get(COOKIE, "auto")
    page = template.substitute(
        title=escape(TITLE),
        theme=theme if theme in THEMES else "auto",
        # Keeps the query, which names the page to open after login.
        action=escape("?" + request.url.query),
        invalid="true" if error else "false",
        error=escape(error.detail) if error else "",
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, error.status if error else 200, headers)


def _redirect_target(request: Request) -> str:
    """Return the page to open after login: the `next` of the query if it is one of our pages."""
    target = request.query_params.get("next", "")
    plain = unquote(target)
    ours = target.startswith(OVERVIEW) and plain.isascii() and plain.isprintable()
    return target if ours and not any(unsafe in plain for unsafe in ("\\", "//", "..")) else OVERVIEW
