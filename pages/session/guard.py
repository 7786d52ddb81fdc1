"""Authorization of sockets and uploads: an open page belongs to the session that opened it, and ends with it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from nicegui import Client, background_tasks, core
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.services.access.sessions import SESSION, Session

log = logging.getLogger(__name__)

SOCKET, CLIENT = "/_nicegui_ws/", "/_nicegui/client/"
MESSAGES = ("event", "javascript_response", "ack", "log")
"""Socket.IO messages that NiceGUI handles for whatever page they name; handshakes it checks itself."""


class Guard:
    """Keeps everybody from the pages of others, who may know their ids."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a socket."""
        if scope["type"] == "lifespan" or _is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("This page is not yours; open one of your own.", 403)(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path.startswith(SOCKET):
        query = scope["query_string"].decode("latin-1")
        client_id = _of(query, "client_id")
        connection = core.sio.environ.get(_of(query, "sid"))
        # NiceGUI takes a socket that does not say whose it is for any page's, and one that goes on for its own.
        if not client_id or (connection and _of(connection["QUERY_STRING"], "client_id") != client_id):
            return False
    elif path.startswith(CLIENT):
        client_id = path.removeprefix(CLIENT).partition("/")[0]
    else:
        return True
    client = Client.instances.get(client_id)
    # A page that is gone is for NiceGUI to say so: it is then opened anew.
    return client is None or client.request.scope.get(SESSION) == scope.get(SESSION)


def _of(query: str, name: str) -> str:
    return parse_qs(query).get(name, [""])[0]


@dataclass(frozen=True)
class OwnPage:
    """Handles a message of a socket if it is about the page that the socket was opened for."""

    name: str
    handle: Callable[[str, dict[str, Any]], None]

    def __call__(self, socket: str, message: object) -> None:
        """Handle a message."""
        # Since the handshake the socket is in a room that is named after its page.
        if isinstance(message, dict) and message.get("client_id") in core.sio.rooms(socket):
            self.handle(socket, message)
        else:
            log.warning("A socket sent '%s' for a page that is not its own; it is ignored.", self.name)


def bind_messages() -> None:
    """Have NiceGUI handle the messages of a socket for its own page only."""
    for name in MESSAGES:
        handle = core.sio.handlers["/"][name]
        if not isinstance(handle, OwnPage):
            core.sio.on(name, OwnPage(name, handle))


async def close_pages(session: Session) -> None:
    """Lead the open pages of a session to the login, and cut them off."""
    for client in [found for found in Client.instances.values() if found.request.scope.get(SESSION) == session]:
        await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        sockets = [connection for _, connection in core.sio.manager.get_participants("/", client.id)]
        client.delete()
        for connection in sockets:
            # Which waits until a browser has taken what was sent to it; nobody else shall.
            background_tasks.create(core.sio.eio.disconnect(connection))
