"""Who may do what: every route there is, asked by everybody, and the sockets of pages, on a real server with keys."""

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
"""Tokens of the sessions that were begun here."""
ANYBODY = dict.fromkeys(("nobody", "predict", "full", "session"), "yes")
PREDICTING = {"nobody": "401", "predict": "yes", "full": "yes", "session": "401"}
DOCS = PREDICTING | {"session": "yes"}
EVERYTHING_ELSE = {"nobody": "401", "predict": "403", "full": "yes", "session": "401"}
PAGE = {"nobody": "to login", "predict": "403", "full": "to login", "session": "yes"}
OF_PAGES = {"nobody": "401", "predict": "403", "full": "401", "session": "yes"}
NICEGUI = "/ui/_nicegui/{nicegui}"
WHO_MAY = {
    "GET /": ANYBODY,
    "GET /health": ANYBODY,
    "GET /livez": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /train": ANYBODY,
    "GET /predict": ANYBODY,
    "GET /ui/login": ANYBODY,
    "POST /ui/login": ANYBODY,
    "POST /predict": PREDICTING,
    "GET /docs": DOCS,
    "GET /openapi.json": DOCS,
    "GET /static-offline-docs": DOCS,
    "POST /train": EVERYTHING_ELSE,
    "GET /jobs": EVERYTHING_ELSE,
    "GET /jobs/{job_id}": EVERYTHING_ELSE,
    "DELETE /jobs/{job_id}": EVERYTHING_ELSE,
    "GET /jobs/{job_id}/events": EVERYTHING_ELSE,
    "GET /models": EVERYTHING_ELSE,
    "GET /models/history": EVERYTHING_ELSE,
    "GET /models/{version}": EVERYTHING_ELSE,
    "DELETE /models/{version}": EVERYTHING_ELSE,
    "GET /models/{version}/card": EVERYTHING_ELSE,
    "POST /models/{version}/activate": EVERYTHING_ELSE,
    "POST /models/rollback": EVERYTHING_ELSE,
    "GET /metrics": EVERYTHING_ELSE,
    "GET /estimators": EVERYTHING_ELSE,
    "GET /datasets": EVERYTHING_ELSE,
    "GET /datasets/{name}": EVERYTHING_ELSE,
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
    "GET /ui/_nicegui_ws": OF_PAGES,
    f"GET {NICEGUI}/static": OF_PAGES,
    f"GET {NICEGUI}/libraries/{{key}}": OF_PAGES,
    f"GET {NICEGUI}/components/{{key}}": OF_PAGES,
    f"GET {NICEGUI}/resources/{{key}}/{{path}}": OF_PAGES,
    f"GET {NICEGUI}/dynamic_resources/{{name}}": OF_PAGES,
    f"GET {NICEGUI}/esm/{{key}}/{{path}}": OF_PAGES,
    "POST /ui/logout": OF_PAGES,
}
"""Every route, and who may use it: a line here is a decision."""
MADE_LATER = {
    "GET /models/active": PREDICTING,
    "GET /models/active/card": PREDICTING,
    "GET /static-offline-docs/swagger-ui.css": DOCS,
    "GET /ui/favicon.ico": PAGE,
    "POST /ui/_nicegui/client/0/upload/1": OF_PAGES,
    "GET /ui/nothing-here": PAGE,
    "GET /nothing-here": EVERYTHING_ELSE,
    "POST /health": EVERYTHING_ELSE,
    "OPTIONS /train": EVERYTHING_ELSE,
    "HEAD /ui/": PAGE,
    "HEAD /models": EVERYTHING_ELSE,
}
"""Addresses below those, routes that pages add, and what there is no route for."""

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
"""Prints what routes the app has; in a process of its own, as there is one app with pages in each."""


@pytest.fixture(scope="module")
def http(closed: httpx.Client, closed_log: Path) -> Iterator[httpx.Client]:
    yield closed
    said = closed_log.read_text()
    assert "route=/models/{version}" in said
    assert not [secret for secret in (FULL, PREDICT, *SESSIONS) if secret in said]


def log_in(http: httpx.Client) -> dict[str, str]:
    """Return the headers of a browser that is logged in."""
    answer = http.post("/ui/login", data={"key": FULL})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].partition(";")[0]
    SESSIONS.append(cookie.partition("=")[2])
    http.cookies.clear()
    return {"Cookie": cookie}


@pytest.mark.slow
def test_every_route_has_a_decision():
    done = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    plain = re.sub(r"_nicegui/[\d.]+", "_nicegui/{nicegui}", done.stdout.replace(":path}", "}"))
    routes = set(plain.splitlines())

    undecided = routes - WHO_MAY.keys()
    assert not undecided, (
        f"Who may use {', '.join(sorted(undecided))}? Say so in mlapp/api/middleware/authorization.py and here."
    )
    gone = WHO_MAY.keys() - routes
    assert not gone, f"There is no {', '.join(sorted(gone))}: delete it here."


def test_every_route_lets_in_who_may_and_nobody_else(http: httpx.Client):
    headers = {
        "nobody": {},
        "predict": {"X-API-Key": PREDICT},
        "full": {"Authorization": f"Bearer {FULL}"},
        "session": log_in(http),
    }
    # What ends the session comes last.
    asked = sorted((WHO_MAY | MADE_LATER).items(), key=lambda decision: "logout" in decision[0])
    wrong = []
    for (route, expected), asks in product(asked, ANYBODY):
        method, path = route.split()
        answer = http.request(method, re.sub(r"{\w+}", "99", path), headers=headers[asks])
        if found(answer) != expected[asks]:
            wrong.append((route, asks, answer.status_code))
        assert "content-security-policy" in answer.headers
        assert "server" not in answer.headers

    assert not wrong


def found(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").startswith("/ui/login?"):
        return "to login"
    # A form without a key is answered with 401 as well.
    form = answer.request.url.path == "/ui/login" and "<form" in answer.text
    return str(answer.status_code) if answer.status_code in {401, 403} and not form else "yes"


def open_page(http: httpx.Client, browser: dict[str, str], path: str = "/ui/health") -> str:
    """Return the id by which a page is known to the server."""
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
    """Return what a socket hears until it is cut, while it says something again and again."""
    messages = []
    with suppress(ConnectionClosed):
        while True:
            if said:
                opened.send(said)
            messages.append(str(opened.recv(timeout=10)))
    return messages


def test_logging_out_leads_open_pages_to_the_login_and_cuts_them_off(http: httpx.Client):
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
        # `1` is what browsers close a socket at; nothing but that comes to those that do not.
        messages = list(iter(lambda: str(opened.recv(timeout=1)), "1"))

    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/login")
    assert '42["open",{"path":"/login","new_tab":false}]' in messages
    again = http.get("/ui/", headers=browser)
    assert (again.status_code, again.headers["location"]) == (303, "/ui/login?next=/ui/")


def test_a_socket_that_stays_is_not_listened_to_after_its_session(http: httpx.Client):
    browser = log_in(http)
    # One that has not said whose it is, so that nothing closes it.
    with socket(http, browser, open_page(http, browser)) as opened:
        assert str(opened.recv(timeout=10)).startswith("0{")
        opened.send("40")
        assert str(opened.recv(timeout=10)).startswith("40{")
        http.post("/ui/logout", headers=browser)

        assert heard(opened, "3") == []


@pytest.mark.parametrize(
    ("whose", "origin"),
    [
        ("mine", "https://evil.example"),
        ("mine", "null"),
        ("mine", "http://localhost:1"),
        ("theirs", ""),
        ("nobody's", ""),
        ("logged out", ""),
    ],
)
def test_sockets_of_others_and_from_elsewhere_are_refused(http: httpx.Client, whose: str, origin: str):
    browser = log_in(http)
    opener = log_in(http) if whose == "theirs" else browser
    page = "" if whose == "nobody's" else open_page(http, opener)

    with pytest.raises(InvalidStatus) as refused:
        socket(http, {} if whose == "logged out" else browser, page, origin)

    assert refused.value.response.status_code == 403


def test_an_upload_goes_to_a_page_of_ones_own(http: httpx.Client):
    browser = log_in(http)
    path = f"/ui/_nicegui/client/{open_page(http, log_in(http), '/ui/train')}/upload/1"

    answer = http.post(path, headers=browser, files={"file": ("a.csv", b"a\n1\n")})

    assert answer.status_code == 403


def test_a_session_is_new_at_each_login_and_ends_with_the_next(http: httpx.Client):
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
def test_login_leads_to_our_pages_only(http: httpx.Client, wanted: str):
    browser = log_in(http)

    for answer in (
        http.post("/ui/login", params={"next": wanted}, data={"key": FULL}),
        http.get("/ui/login", params={"next": wanted}, headers=browser),
    ):
        http.cookies.clear()
        assert (answer.status_code, answer.headers["location"]) == (303, "/ui/")


def test_login_leads_back_to_the_page_that_was_asked_for(http: httpx.Client):
    to_login = http.get("/ui/models/compare?versions=1&versions=2").headers["location"]

    form = http.get(to_login)
    assert 'autocomplete="current-password"' in form.text
    action = re.search(r'action="(.+?)"', form.text)
    assert action
    answer = http.post(f"/ui/login{action[1]}".replace("&amp;", "&"), data={"key": FULL})
    http.cookies.clear()

    assert answer.headers["location"] == "/ui/models/compare?versions=1&versions=2"


def test_login_says_what_is_wrong_and_shows_nothing_of_what_was_sent(http: httpx.Client):
    predict = http.post("/ui/login", data={"key": PREDICT})
    long = http.post("/ui/login", content=b"key=" + b"x" * 5_000)
    unsaid = http.post("/ui/login", content=iter([b"key=wrong"]))
    wrong = http.post("/ui/login", data={"key": "wrong"})
    evil = http.get('/ui/login?next="><script>alert(1)</script>', headers={"Cookie": "mlapp-theme=dark"})

    assert [answer.status_code for answer in (predict, long, unsaid, wrong)] == [403, 413, 413, 401]
    assert "This key may only predict; these pages need the key for everything." in predict.text
    assert "This key is wrong" in wrong.text
    assert 'data-theme="dark"' in evil.text
    assert "<script" not in evil.text
    assert "unsafe-eval" not in evil.headers["content-security-policy"]


def test_behind_tls_only_this_host_can_have_set_the_cookie(http: httpx.Client):
    answer = http.post("/ui/login", data={"key": FULL}, headers={"X-Forwarded-Proto": "https"})
    http.cookies.clear()

    assert answer.headers["set-cookie"].startswith("__Host-mlapp-session=")
    assert "Secure" in answer.headers["set-cookie"]


def test_without_a_key_there_is_no_login(running: Running):
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
