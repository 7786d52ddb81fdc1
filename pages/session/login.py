"""Login: asks for the key, once; and the way out. A plain form, without a socket and before any of the pages.

So whoever is not in gets nothing kept for them on the server, and password managers know what to do.
"""

from html import escape
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
from pages.theme import COOKIE, LOGIN_CSS, THEMES

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'"
OVERVIEW = "/ui/"
FORM = """<!doctype html>
<html lang="en-US" data-theme="{theme}"><head><meta charset="utf-8"><title>Log in · {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{css}</style></head><body><main><p class="brand">{title}</p><h1>Log in</h1>
<p>These pages need the key that the server was started with (MLAPP_API_KEY).</p>
<form method="post" action="{action}">
<input type="text" name="username" value="{title}" autocomplete="username" tabindex="-1" aria-hidden="true" hidden>
<label for="key">Key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus {wrong}>
<p id="error" role="alert">{error}</p>
<button type="submit">Log in</button></form></main></body></html>"""


def register(site: Site) -> None:
    """Add the page, and what its form and the one to log out send to."""
    access = site.services.access

    @ui_app.get("/login")
    async def show(request: Request) -> Response:
        if access.open or SESSION in request.scope:
            return RedirectResponse(_wanted(request), 303)
        return _form(request)

    @ui_app.post("/login")
    async def log_in(request: Request) -> Response:
        # No longer than a form with a key: that was seen to before it came here.
        return let_in(request, parse_qs((await request.body()).decode("latin-1"), encoding="utf-8"))

    def let_in(request: Request, form: dict[str, list[str]]) -> Response:
        if access.open:
            return RedirectResponse(OVERVIEW, 303)
        key = form.get("key", [""])[0].strip().encode()
        try:
            token = access.log_in(key)
        except MlappError as refusal:
            return _form(request, refusal)
        if SESSION in request.scope:
            access.sessions.revoke(request.scope[SESSION])
        return _remember(request, RedirectResponse(_wanted(request), 303), token, LIFETIME_S)

    @ui_app.post("/logout")
    async def log_out(request: Request) -> Response:
        answer = _remember(request, RedirectResponse("/ui/login", 303), "", 0)
        if SESSION in request.scope:
            access.sessions.revoke(request.scope[SESSION])
            # Afterwards: the page that asks is one of them, and would leave before it hears to forget the cookie.
            answer.background = BackgroundTask(close_pages, request.scope[SESSION])
        return answer


def _remember(request: Request, answer: Response, token: str, seconds: int) -> Response:
    scheme = request.scope["scheme"]
    answer.set_cookie(cookie_name(scheme), token, seconds, secure=scheme == "https", httponly=True, samesite="lax")
    return answer


def _form(request: Request, refusal: MlappError | None = None) -> Response:
    theme = request.cookies.get(COOKIE, "auto")
    page = FORM.format(
        title=escape(TITLE),
        theme=theme if theme in THEMES else "auto",
        css=LOGIN_CSS,
        # The query says where to go afterwards.
        action=escape("?" + request.url.query),
        wrong='aria-invalid="true" aria-describedby="error"' if refusal else "",
        error=escape(refusal.detail) if refusal else "",
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, refusal.status if refusal else 200, headers)


def _wanted(request: Request) -> str:
    """Return the page that was asked for before: one of ours, whatever the address says."""
    wanted = request.query_params.get("next", "")
    plain = unquote(wanted)
    ours = wanted.startswith(OVERVIEW) and plain.isascii() and plain.isprintable()
    return wanted if ours and not any(odd in plain for odd in ("\\", "//", "..")) else OVERVIEW
