"""Login, sessions and WebSockets of pages, at a real server with API keys."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import servers
from tests.servers import FULL, PATIENCE_S, PREDICT, Running, address

SESSIONS: list[str] = []
"""Tokens of all sessions of these tests."""


@pytest.fixture(scope="module")
def http(closed: httpx.Client, closed_log: Path) -> Iterator[httpx.Client]:
    yield closed
    log = closed_log.read_text()
    assert "route=/ui/login" in log
    assert not [secret for secret in (FULL, PREDICT, *SESSIONS) if secret in log]


def log_in(http: httpx.Client) -> dict[str, str]:
    browser = servers.log_in(http)
    SESSIONS.append(browser["Cookie"].partition("=")[2])
    return browser


def open_page(http: httpx.Client, browser: dict[str, str], path: str = "/ui/system") -> str:
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
    return connect(url, additional_headers=browser, origin=Origin(origin or base), open_timeout=PATIENCE_S)


def heard(opened: ClientConnection, said: str = "") -> list[str]:
    """Return the messages of a socket until it is closed, sending a message before each."""
    messages = []
    with suppress(ConnectionClosed):
        while True:
            if said:
                opened.send(said)
            messages.append(str(opened.recv(PATIENCE_S)))
    return messages


def test_logout_redirects_open_pages_to_the_login_and_closes_their_sockets(http: httpx.Client):
    browser = log_in(http)
    page = open_page(http, browser)
    assert "/ui/logout" in http.get("/ui/system", headers=browser).text

    with socket(
        http, browser, page, more="&implicit_handshake=true&tab_id=1&document_id=1&next_message_id=0"
    ) as opened:
        opened.send("40")
        assert str(opened.recv(PATIENCE_S)).startswith("0{")
        assert str(opened.recv(PATIENCE_S)).startswith("40{")
        answer = http.post("/ui/logout", headers=browser)
        # `1` tells the browser to close the socket; no other message follows.
        messages = list(iter(lambda: str(opened.recv(PATIENCE_S)), "1"))

    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/login")
    assert '42["open",{"path":"/login","new_tab":false}]' in messages
    again = http.get("/ui/", headers=browser)
    assert (again.status_code, again.headers["location"]) == (303, "/ui/login?next=/ui/")


def test_socket_is_closed_after_its_session(http: httpx.Client):
    browser = log_in(http)
    # Without a handshake, so that NiceGUI does not close it.
    with socket(http, browser, open_page(http, browser)) as opened:
        assert str(opened.recv(PATIENCE_S)).startswith("0{")
        opened.send("40")
        assert str(opened.recv(PATIENCE_S)).startswith("40{")
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

    answer = http.post("/ui/login?next=/ui/jobs", data={"key": FULL}, headers=first)
    http.cookies.clear()

    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/jobs")
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
    to_login = http.get("/ui/models/diabetes/versions/compare?versions=1,2").headers["location"]

    form = http.get(to_login)
    assert 'autocomplete="current-password"' in form.text
    action = re.search(r'action="(.+?)"', form.text)
    assert action
    answer = http.post(f"/ui/login{action[1]}".replace("&amp;", "&"), data={"key": FULL})
    http.cookies.clear()

    assert answer.headers["location"] == "/ui/models/diabetes/versions/compare?versions=1,2"


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
        assert str(open_socket.recv(PATIENCE_S)).startswith("0{")
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        with pytest.raises(InvalidStatus):
            socket(http, {}, page, origin)
    answer = http.get(f"/ui/_nicegui_ws/socket.io/?client_id={page}", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_unknown_path_leads_a_browser_to_the_login_and_is_401_for_programs(http: httpx.Client):
    to_page = http.get("/nope", headers={"Accept": "text/html"})

    assert (to_page.status_code, to_page.headers["location"]) == (307, "/ui/nope")
    assert http.get("/ui/nope").headers["location"] == "/ui/login?next=/ui/nope"
    assert http.get("/nope").status_code == 401
    assert http.get("/metrics", headers={"Accept": "text/html"}).status_code == 401
