"""Sockets of pages on real servers: each works for its own page only."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import socketio
from nicegui import core

from pages.session.guard import MESSAGES, OwnPageHandler, guard_messages
from tests.servers import FULL, PATIENCE_S, Running, address

SOCKET = "/ui/_nicegui_ws/socket.io"
EMPTY_PAGE = "/ui/nothing-here"
"""A page with the frame only, which is updated after clicks only."""


class Tab:
    """A page in a browser."""

    def __init__(self, http: httpx.Client, browser: dict[str, str]) -> None:
        html = http.get(EMPTY_PAGE, headers=browser).text
        found = re.search(r"'client_id': '([0-9a-f-]{36})'", html), re.search(r"String\.raw`(.+?)`", html)
        assert found[0]
        assert found[1]
        self.id = found[0][1]
        self.elements: dict[str, Any] = json.loads(unescape(found[1][1]))
        (self.drawer,), (self.dark,), buttons, items = map(
            self._tagged, ("q-drawer", "nicegui-dark_mode", "q-btn", "q-item")
        )
        (menu,) = [name for name in buttons if self.elements[name]["props"].get("icon") == "menu"]
        self.open_menu, self.choose_dark = self._click(menu), self._click(items[-1])
        self.query = {"client_id": self.id, "document_id": "d", "tab_id": self.id, "next_message_id": 0}
        self.updates: asyncio.Queue[set[str]] = asyncio.Queue()
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("update", lambda elements: self.updates.put_nowait(set(elements)))

    def _tagged(self, tag: str) -> list[str]:
        return [name for name, element in self.elements.items() if element["tag"] == tag]

    def _click(self, element: str) -> dict[str, Any]:
        listener = self.elements[element]["events"][0]["listener_id"]
        return {"id": int(element), "client_id": self.id, "listener_id": listener, "args": []}

    async def send(self, name: str, message: object) -> object:
        """Send a message, and return the server's acknowledgement."""
        return await self.socket.call(name, message, timeout=PATIENCE_S)

    async def updated(self, element: str) -> set[str]:
        """Return all elements that are updated until a given one is."""
        found: set[str] = set()
        async with asyncio.timeout(PATIENCE_S):
            while element not in found:
                found |= await self.updates.get()
        return found


@asynccontextmanager
async def opened(http: httpx.Client, browser: dict[str, str]) -> AsyncIterator[Tab]:
    tab = await asyncio.to_thread(Tab, http, browser)
    url = f"{address(http)}?{urlencode(tab.query | {'implicit_handshake': 'true'})}"
    await tab.socket.connect(url, browser, transports=["websocket"], socketio_path=SOCKET)
    yield tab
    await tab.socket.disconnect()


def log_in(http: httpx.Client) -> dict[str, str]:
    cookie = http.post("/ui/login", data={"key": FULL}).headers["set-cookie"].partition(";")[0]
    http.cookies.clear()
    return {"Cookie": cookie}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def mine(closed: httpx.Client, stack: AsyncExitStack) -> Tab:
    return await stack.enter_async_context(opened(closed, log_in(closed)))


@pytest.fixture
async def theirs(closed: httpx.Client, stack: AsyncExitStack) -> Tab:
    """A page of another session."""
    return await stack.enter_async_context(opened(closed, log_in(closed)))


async def test_click_from_the_socket_of_another_session_is_ignored(mine: Tab, theirs: Tab):
    await theirs.send("event", mine.choose_dark)
    await mine.send("event", mine.open_menu)

    assert mine.dark not in await mine.updated(mine.drawer)


async def test_click_from_another_tab_is_ignored_without_a_login(running: Running):
    async with opened(running[1], {}) as mine, opened(running[1], {}) as theirs:
        await theirs.send("event", mine.choose_dark)
        await mine.send("event", mine.open_menu)

        assert mine.dark not in await mine.updated(mine.drawer)


async def test_click_on_the_own_page_is_handled(mine: Tab):
    await mine.send("event", mine.choose_dark)

    assert await mine.updated(mine.dark)


@pytest.mark.parametrize("name", MESSAGES)
async def test_messages_about_a_page_of_another_session_are_logged_and_ignored(
    mine: Tab, theirs: Tab, closed_log: Path, name: str
):
    warning = f"message '{name}' for a page that is not its own"
    before = closed_log.read_text().count(warning)

    for message in ({"client_id": mine.id, "level": "error", "message": "forged"}, {}, "nothing"):
        await theirs.send(name, message)

    assert closed_log.read_text().count(warning) == before + 3
    assert "forged" not in closed_log.read_text()


async def test_handshake_for_another_page_is_rejected(mine: Tab, theirs: Tab):
    assert await theirs.send("handshake", mine.query) is False


def test_connection_cannot_be_taken_over_by_another_session(closed: httpx.Client):
    victim, browser = log_in(closed), log_in(closed)
    page, own = Tab(closed, victim), Tab(closed, browser)
    polling = {"EIO": "4", "transport": "polling"}
    handshake = closed.get(f"{SOCKET}/", params=polling | {"client_id": page.id}, headers=victim).text
    connection = polling | {"sid": json.loads(handshake[1:])["sid"]}

    stolen = closed.post(f"{SOCKET}/", params=connection | {"client_id": own.id}, headers=browser, content="40")
    kept = closed.post(f"{SOCKET}/", params=connection | {"client_id": page.id}, headers=victim, content="40")

    assert (stolen.status_code, kept.status_code) == (403, 200)


def test_all_message_handlers_are_guarded_once():
    for _ in range(2):
        guard_messages()

    handlers = core.sio.handlers["/"]
    assert {*handlers} == {*MESSAGES, "connect", "handshake", "disconnect"}
    assert not [name for name in MESSAGES if isinstance(handlers[name].handle, OwnPageHandler)]
