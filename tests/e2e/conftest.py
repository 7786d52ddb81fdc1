"""A real server and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server_at(folder: Path, *arguments: str) -> Iterator[str]:
    """Serve a store of its own, which trains its first model by itself; gives the address."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    # Without what tests set, which NiceGUI takes for a simulation.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("NICEGUI", "PYTEST"))}
    environment = plain | {"MLAPP_PORT": str(port), "MLAPP_STORE": str(folder / "store")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "main.py", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    address = f"http://localhost:{port}"
    try:
        wait_until_ready(f"{address}/readyz")
        yield address
    finally:
        process.terminate()
        assert process.wait(20) == 0
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server_at(tmp_path_factory.mktemp("server")) as address:
        yield address


def is_outside(url: str, server: str) -> bool:
    return url.startswith("http") and not url.startswith(server)


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"The server did not get ready within {PATIENCE_S} s.")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium for the end-to-end tests: apt-get install chromium.")
        pytest.skip("no Chromium here; install it to run the end-to-end tests")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, browser: Browser, server: str) -> AsyncIterator[Page]:
    """A page that may load from the server only, log no error, and not scroll sideways."""
    width, height = request.param
    context = await browser.new_context(
        viewport={"width": width, "height": height}, base_url=server, accept_downloads=True
    )
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: wrong.append(f"a script ran: {dialog.message}"))
    page.on("request", lambda sent: wrong.append(sent.url) if is_outside(sent.url, server) else None)
    yield page
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
    assert wrong == []
