"""Authorization of every route and of WebSockets, by role, at a real server with API keys."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.servers import FULL, PREDICT, ROOT, Running, address

SESSIONS: list[str] = []
"""Tokens of all sessions of these tests."""
PUBLIC = dict.fromkeys(("anonymous", "predict", "full", "session"), "yes")
PREDICT_KEY = {"anonymous": "401", "predict": "yes", "full": "yes", "session": "401"}
DOCS = PREDICT_KEY | {"session": "yes"}
FULL_KEY = {"anonymous": "401", "predict": "403", "full": "yes", "session": "401"}
PAGE = {"anonymous": "to login", "predict": "403", "full": "to login", "session": "yes"}
PAGE_RESOURCE = {"anonymous": "401", "predict": "403", "full": "401", "session": "yes"}
NICEGUI = "/ui/_nicegui/{nicegui}"
PERMISSIONS = {
    "GET /": PUBLIC,
    "GET /health": PUBLIC,
    "GET /livez": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /train": PUBLIC,
    "GET /predict": PUBLIC,
    "GET /ui/login": PUBLIC,
    "POST /ui/login": PUBLIC,
    "POST /predict": PREDICT_KEY,
    "GET /docs": DOCS,
    "GET /openapi.json": DOCS,
    "GET /static-offline-docs": DOCS,
    "POST /train": FULL_KEY,
    "GET /jobs": FULL_KEY,
    "GET /jobs/{job_id}": FULL_KEY,
    "DELETE /jobs/{job_id}": FULL_KEY,
    "GET /jobs/{job_id}/events": FULL_KEY,
    "GET /models": FULL_KEY,
    "GET /models/history": FULL_KEY,
    "GET /models/{version}": FULL_KEY,
    "DELETE /models/{version}": FULL_KEY,
    "GET /models/{version}/card": FULL_KEY,
    "POST /models/{version}/activate": FULL_KEY,
    "POST /models/rollback": FULL_KEY,
    "GET /metrics": FULL_KEY,
    "GET /estimators": FULL_KEY,
    "GET /datasets": FULL_KEY,
    "GET /datasets/{name}": FULL_KEY,
    "GET /ui/": PAGE,
    "GET /ui/train": PAGE,
    "GET /ui/predict": PAGE,
    "GET /ui/predictions/{token}": PAGE,
    "GET /ui/models": PAGE,
    "GET /ui/models/compare": PAGE,
    "GET /ui/models/{version}": PAGE,
    "GET /ui/monitor": PAGE,
    "GET /ui/jobs": PAGE,
    "GET /ui/jobs/{job_id}": PAGE,
    "GET /ui/health": PAGE,
    "GET /ui/_nicegui_ws": PAGE_RESOURCE,
    f"GET {NICEGUI}/static": PAGE_RESOURCE,
    f"GET {NICEGUI}/libraries/{{key}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/components/{{key}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/resources/{{key}}/{{path}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/dynamic_resources/{{name}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/esm/{{key}}/{{path}}": PAGE_RESOURCE,
    "POST /ui/logout": PAGE_RESOURCE,
}
"""Every route, and its result per role. A line here is a decision."""
OTHER_PATHS = {
    "GET /models/active": PREDICT_KEY,
    "GET /models/active/card": PREDICT_KEY,
    "GET /static-offline-docs/swagger-ui.css": DOCS,
    "GET /ui/favicon.ico": PAGE,
    "POST /ui/_nicegui/client/0/upload/1": PAGE_RESOURCE,
    "GET /ui/nothing-here": PAGE,
    "GET /nothing-here": FULL_KEY,
    "POST /health": FULL_KEY,
    "OPTIONS /train": FULL_KEY,
    "HEAD /ui/": PAGE,
    "HEAD /models": FULL_KEY,
}
"""Paths below those routes, dynamic routes of pages, and paths without a route."""

LIST = """
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from main import create_app
from mlapp.settings import Settings

def show(routes, prefix):
    for route in routes:
        if not isinstance(route, Mount):
            for each in iter_route_contexts([route]):
                print(*(f"{method} {prefix}{each.path}" for method in each.methods - {"HEAD"}), sep="\\n")
        elif route.path == "/ui":
            show(route.routes, route.path)
        else:
            print("GET", prefix + route.path)

show(create_app(Settings(_env_file=None, store="nowhere", demo=False)).routes, "")
"""
"""Prints the routes of the app. Runs in its own process, as a process can have one app with pages only."""


@pytest.fixture(scope="module")
def http(closed: httpx.Client, closed_log: Path) -> Iterator[httpx.Client]:
    yield closed
    said = closed_log.read_text()
    assert "route=/models/{version}" in said
    assert not [secret for secret in (FULL, PREDICT, *SESSIONS) if secret in said]


def log_in(http: httpx.Client) -> dict[str, str]:
    """Log in and return the headers of the browser."""
    answer = http.post("/ui/login", data={"key": FULL})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].partition(";")[0]
    SESSIONS.append(cookie.partition("=")[2])
    http.cookies.clear()
    return {"Cookie": cookie}


@pytest.mark.slow
def test_every_route_has_a_permission():
    done = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    plain = re.sub(r"_nicegui/[\d.]+", "_nicegui/{nicegui}", done.stdout.replace(":path}", "}"))
    routes = set(plain.splitlines())

    missing = routes - PERMISSIONS.keys()
    assert not missing, (
        f"Set the permissions of {', '.join(sorted(missing))} in mlapp/api/middleware/authorization.py and here."
    )
    gone = PERMISSIONS.keys() - routes
    assert not gone, f"Delete {', '.join(sorted(gone))} here: the route does not exist."


def test_every_route_enforces_its_permissions(http: httpx.Client):
    headers = {
        "anonymous": {},
        "predict": {"X-API-Key": PREDICT},
        "full": {"Authorization": f"Bearer {FULL}"},
        "session": log_in(http),
    }
    # The logout ends the session, so it comes last.
    decisions = sorted((PERMISSIONS | OTHER_PATHS).items(), key=lambda decision: "logout" in decision[0])
    wrong = []
    for (route, expected), role in product(decisions, PUBLIC):
        method, path = route.split()
        answer = http.request(method, re.sub(r"{\w+}", "99", path), headers=headers[role])
        if result_of(answer) != expected[role]:
            wrong.append((route, role, answer.status_code))
        assert "content-security-policy" in answer.headers
        assert "server" not in answer.headers

    assert not wrong


def result_of(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").startswith("/ui/login?"):
        return "to login"
    # A login form without a key is 401 as well.
    form = answer.request.url.path == "/ui/login" and "<form" in answer.text
    return str(answer.status_code) if answer.status_code in {401, 403} and not form else "yes"


def open_page(http: httpx.Client, browser: dict[str, str], path: str = "/ui/health") -> str:
    """Open a page and return its client id."""
    found = re.search(r"client_id['\"]: ?['\"]([0-9a-f-]{36})", http.get(path, headers=browser).text)
    assert found
    return found[1]


def socket(
    http: httpx.Client, browser: dict[str, str], page: str, origin: str = "", more: str = ""
) -> ClientConnection:
    base = address(http)
    query = f"EIO=4&transport=websocket&client_id={page}{more}"
    url = f"{base.replace('http', 'ws')}/ui/_nicegui_ws/socket.io/?{query}"
    return connect(url, additional_headers=browser, origin=Origin(origin or base), open_timeout=10)


def heard(opened: ClientConnection, said: str = "") -> list[str]:
    """Return the messages of a socket until it is closed, sending a message before each."""
    messages = []
    with suppress(ConnectionClosed):
        while True:
            if said:
                opened.send(said)
            messages.append(str(opened.recv(timeout=10)))
    return messages


def test_logout_redirects_open_pages_to_the_login_and_closes_their_sockets(http: httpx.Client):
    browser = log_in(http)
    page = open_page(http, browser)
    assert "/ui/logout" in http.get("/ui/health", headers=browser).text

    with socket(
        http, browser, page, more="&implicit_handshake=true&tab_id=1&document_id=1&next_message_id=0"
    ) as opened:
        opened.send("40")
        assert str(opened.recv(timeout=10)).startswith("0{")
        assert str(opened.recv(timeout=10)).startswith("40{")
        answer = http.post("/ui/logout", headers=browser)
        # `1` tells the browser to close the socket; no other message follows.
        messages = list(iter(lambda: str(opened.recv(timeout=1)), "1"))

    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/login")
    assert '42["open",{"path":"/login","new_tab":false}]' in messages
    again = http.get("/ui/", headers=browser)
    assert (again.status_code, again.headers["location"]) == (303, "/ui/login?next=/ui/")


def test_socket_is_closed_after_its_session(http: httpx.Client):
    browser = log_in(http)
    # Without a handshake, so that NiceGUI does not close it.
    with socket(http, browser, open_page(http, browser)) as opened:
        assert str(opened.recv(timeout=10)).startswith("0{")
        opened.send("40")
        assert str(opened.recv(timeout=10)).startswith("40{")
        http.post("/ui/logout", headers=browser)

        assert heard(opened, "3") == []


@pytest.mark.parametrize(
    ("whose", "origin"),
    [
        ("own", "https://evil.example"),
        ("own", "null"),
        ("own", "http://localhost:1"),
        ("other", ""),
        ("unknown", ""),
        ("logged out", ""),
    ],
)
def test_sockets_of_other_sessions_and_sites_are_rejected(http: httpx.Client, whose: str, origin: str):
    browser = log_in(http)
    opener = log_in(http) if whose == "other" else browser
    page = "" if whose == "unknown" else open_page(http, opener)

    with pytest.raises(InvalidStatus) as refused:
        socket(http, {} if whose == "logged out" else browser, page, origin)

    assert refused.value.response.status_code == 403


def test_upload_to_a_page_of_another_session_is_rejected(http: httpx.Client):
    browser = log_in(http)
    path = f"/ui/_nicegui/client/{open_page(http, log_in(http), '/ui/train')}/upload/1"

    answer = http.post(path, headers=browser, files={"file": ("a.csv", b"a\n1\n")})

    assert answer.status_code == 403


def test_login_creates_a_new_session_and_ends_the_old_one(http: httpx.Client):
    first = log_in(http)

    answer = http.post("/ui/login?next=/ui/models", data={"key": FULL}, headers=first)
    http.cookies.clear()

    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/models")
    cookie = answer.headers["set-cookie"]
    assert cookie.partition(";")[0] != first["Cookie"]
    assert {"HttpOnly", "Max-Age=604800", "Path=/", "SameSite=lax"} == set(cookie.split("; ")[1:])
    assert http.get("/ui/", headers=first).status_code == 303
    assert http.get("/ui/", headers={"Cookie": cookie.partition(";")[0]}).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        *("//evil", "/\\evil", "https://evil", "%2f%2fevil", "/docs", "", "/uievil"),
        *("/ui//evil", "/ui/\\evil", "/ui/..//evil", "/ui/%2e%2e/%2fevil", "/ui/\t/evil", "/ui/é"),
    ],
)
def test_login_redirects_to_own_pages_only(http: httpx.Client, wanted: str):
    browser = log_in(http)

    for answer in (
        http.post("/ui/login", params={"next": wanted}, data={"key": FULL}),
        http.get("/ui/login", params={"next": wanted}, headers=browser),
    ):
        http.cookies.clear()
        assert (answer.status_code, answer.headers["location"]) == (303, "/ui/")


def test_login_redirects_to_the_requested_page(http: httpx.Client):
    to_login = http.get("/ui/models/compare?versions=1&versions=2").headers["location"]

    form = http.get(to_login)
    assert 'autocomplete="current-password"' in form.text
    action = re.search(r'action="(.+?)"', form.text)
    assert action
    answer = http.post(f"/ui/login{action[1]}".replace("&amp;", "&"), data={"key": FULL})
    http.cookies.clear()

    assert answer.headers["location"] == "/ui/models/compare?versions=1&versions=2"


def test_login_shows_errors_without_the_submitted_text(http: httpx.Client):
    predict = http.post("/ui/login", data={"key": PREDICT})
    long = http.post("/ui/login", content=b"key=" + b"x" * 5_000)
    unsaid = http.post("/ui/login", content=iter([b"key=wrong"]))
    wrong = http.post("/ui/login", data={"key": "wrong"})
    evil = http.get('/ui/login?next="><script>alert(1)</script>', headers={"Cookie": "mlapp-theme=dark"})

    assert [answer.status_code for answer in (predict, long, unsaid, wrong)] == [403, 413, 413, 401]
    assert "may only predict" in predict.text
    assert "This key is wrong" in wrong.text
    assert 'data-theme="dark"' in evil.text
    assert "<script" not in evil.text
    assert "unsafe-eval" not in evil.headers["content-security-policy"]


def test_cookie_behind_tls_has_the_host_prefix(http: httpx.Client):
    answer = http.post("/ui/login", data={"key": FULL}, headers={"X-Forwarded-Proto": "https"})
    http.cookies.clear()

    assert answer.headers["set-cookie"].startswith("__Host-mlapp-session=")
    assert "Secure" in answer.headers["set-cookie"]


def test_without_keys_there_is_no_login(running: Running):
    _, http = running
    for method, path in (("GET", "/ui/login"), ("POST", "/ui/login")):
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/ui/")
    assert http.post("/ui/logout").headers["location"] == "/ui/login"
    assert "/logout" not in http.get("/ui/").text

    page = open_page(http, {})
    with socket(http, {}, page) as open_socket:
        assert str(open_socket.recv(timeout=10)).startswith("0{")
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        with pytest.raises(InvalidStatus):
            socket(http, {}, page, origin)
    answer = http.get(f"/ui/_nicegui_ws/socket.io/?client_id={page}", headers={"Host": "evil.example"})
    assert answer.status_code == 421
