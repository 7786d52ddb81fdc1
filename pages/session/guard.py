"""Authorization of sockets and uploads: a page can be used only by the session that opened it."""

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
"""Socket.IO messages that NiceGUI handles for any page they name; it checks handshakes itself."""


@dataclass(frozen=True)
class Guard:
    """Rejects requests for pages of other sessions, whose ids may be known."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a socket."""
        if scope["type"] == "lifespan" or _is_authorized(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("This page belongs to another session; open it in yours.", 403)(
                scope, receive, send
            )


def _is_authorized(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path.startswith(SOCKET):
        query = scope["query_string"].decode("latin-1")
        client_id = _parameter(query, "client_id")
        connection = core.sio.environ.get(_parameter(query, "sid"))
        # NiceGUI accepts a socket without a client id, and a continued connection with any client id.
        if not client_id or (connection and _parameter(connection["QUERY_STRING"], "client_id") != client_id):
            return False
    elif path.startswith(CLIENT):
        client_id = path.removeprefix(CLIENT).partition("/")[0]
    else:
        return True
    client = Client.instances.get(client_id)
    # NiceGUI reloads pages that no longer exist.
    return client is None or client.request.scope.get(SESSION) == scope.get(SESSION)


def _parameter(query: str, name: str) -> str:
    return parse_qs(query).get(name, [""])[0]


@dataclass(frozen=True)
class OwnPageHandler:
    """Handles messages of a socket that name the page it was opened for, and ignores others."""

    name: str
    handle: Callable[[str, dict[str, Any]], None]

    def __call__(self, socket: str, message: object) -> None:
        """Handle a message."""
        # With the handshake, a socket joins a room named after its page.
        if isinstance(message, dict) and message.get("client_id") in core.sio.rooms(socket):
            self.handle(socket, message)
        else:
            log.warning("Ignored a socket's message '%s' for a page that is not its own.", self.name)


def guard_messages() -> None:
    """Restrict NiceGUI's message handlers to the page of the socket."""
    for name in MESSAGES:
        handle = core.sio.handlers["/"][name]
        if not isinstance(handle, OwnPageHandler):
            core.sio.on(name, OwnPageHandler(name, handle))


async def close_pages(session: Session) -> None:
    """Redirect the open pages of a session to the login, and close their sockets."""
    for client in [found for found in Client.instances.values() if found.request.scope.get(SESSION) == session]:
        await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        sockets = [connection for _, connection in core.sio.manager.get_participants("/", client.id)]
        client.delete()
        for connection in sockets:
            # In the background, as it waits until the browser has received what was sent.
            background_tasks.create(core.sio.eio.disconnect(connection))
