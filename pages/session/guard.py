"""Pages that are open belong to the session that opened them: their sockets, their uploads, and how they end."""

from urllib.parse import parse_qs

from nicegui import Client, background_tasks, core
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mlapp.services.access.sessions import SESSION, Session

SOCKET, CLIENT = "/_nicegui_ws/", "/_nicegui/client/"


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
        # NiceGUI takes a socket that does not say whose it is for any page's.
        client_id = parse_qs(scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
        if not client_id:
            return False
    elif path.startswith(CLIENT):
        client_id = path.removeprefix(CLIENT).partition("/")[0]
    else:
        return True
    client = Client.instances.get(client_id)
    # A page that is gone is for NiceGUI to say so: it is then opened anew.
    return client is None or client.request.scope.get(SESSION) == scope.get(SESSION)


async def close_pages(session: Session) -> None:
    """Lead the open pages of a session to the login, and cut them off."""
    for client in [found for found in Client.instances.values() if found.request.scope.get(SESSION) == session]:
        await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        sockets = [connection for _, connection in core.sio.manager.get_participants("/", client.id)]
        client.delete()
        for connection in sockets:
            # Which waits until a browser has taken what was sent to it; nobody else shall.
            background_tasks.create(core.sio.eio.disconnect(connection))
