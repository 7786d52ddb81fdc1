"""Page clients without a browser: each keeps a page's socket open and receives its updates."""

import asyncio
import re
import sys
import uuid
from urllib.parse import urlencode

import httpx
import socketio

CLIENT_ID = re.compile(r"'client_id': '([0-9a-f-]{36})'")


async def open_page(base: str, path: str) -> socketio.AsyncClient:
    """Open a page as a browser does: fetch it, then connect to its socket."""
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        page = (await http.get(path, headers={"Accept": "text/html"})).raise_for_status().text
    found = CLIENT_ID.search(page)
    if not found:
        sys.exit("The page has no client id: update benchmarks/harness/page_clients.py for this version of NiceGUI.")
    query = {
        "client_id": found[1],
        "document_id": str(uuid.uuid4()),
        "tab_id": str(uuid.uuid4()),
        "old_tab_id": "",
        "next_message_id": 0,
        "implicit_handshake": "true",
    }
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(
        f"{base}?{urlencode(query)}", transports=["websocket"], socketio_path="/ui/_nicegui_ws/socket.io"
    )
    return client


async def main(base: str, path: str, count: int) -> None:
    """Open a page several times, print `open`, and the number of updates once a line is read from stdin."""
    updates = 0

    def count_one(*_: object) -> None:
        nonlocal updates
        updates += 1

    clients = [await open_page(base, path) for _ in range(count)]
    for client in clients:
        client.on("update", count_one)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(updates, flush=True)
    await asyncio.gather(*[client.disconnect() for client in clients])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
