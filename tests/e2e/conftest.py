"""Fixtures of end-to-end tests: a server and Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from ctypes.util import find_library

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")
REQUIREMENTS = {"chromium": CHROMIUM, "libatomic1": find_library("atomic"), "curl": shutil.which("curl")}
"""Required Debian packages; Playwright's driver is linked against libatomic1."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A training starts a process, which takes a multiple of Playwright's default of 5 s on a busy machine.
expect.set_options(timeout=60_000)


SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
desktop_only = pytest.mark.parametrize("page", ["desktop"], indirect=True)
"""For tests that a phone would not change: Chromium takes 1.5 s of CPU per page."""


def is_outside(url: str, server: str) -> bool:
    return url.startswith("http") and not url.startswith(server)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if missing := [package for package, found in REQUIREMENTS.items() if not found]:
        reason = f"The end-to-end tests require: apt-get install {' '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(params=SIZES)
async def page(request: pytest.FixtureRequest, browser: Browser, server: str) -> AsyncIterator[Page]:
    """A page that loads from the server only, logs no errors and does not scroll sideways."""
    width, height = SIZES[request.param]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        base_url=server,
        accept_downloads=True,
        # Chromium draws a page again for each step of an animation, which takes a core while a test waits.
        reduced_motion="reduce",
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: errors.append(f"a script ran: {dialog.message}"))
    page.on("request", lambda sent: errors.append(sent.url) if is_outside(sent.url, server) else None)
    yield page
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
    assert errors == []


@pytest.fixture
async def api(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server, timeout=60) as client:
        yield client
