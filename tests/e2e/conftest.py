"""A real server and a real Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from ctypes.util import find_library

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")
NEEDED = {"chromium": CHROMIUM, "libatomic1": find_library("atomic"), "curl": shutil.which("curl")}
"""Debian packages, and whether they are here; libatomic1 is what Playwright's driver is linked against."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Of Playwright's 5 s the first look at a table, which starts a process, takes as many on a busy machine.
expect.set_options(timeout=20_000)


SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
desktop_only = pytest.mark.parametrize("page", ["desktop"], indirect=True)
"""For what is the same on a phone: Chromium takes 1.5 s of processor time for every page."""


def is_outside(url: str, server: str) -> bool:
    return url.startswith("http") and not url.startswith(server)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if absent := [package for package, there in NEEDED.items() if not there]:
        reason = f"The end-to-end tests need more: apt-get install {' '.join(absent)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(params=SIZES)
async def page(request: pytest.FixtureRequest, browser: Browser, server: str) -> AsyncIterator[Page]:
    """A page that may load from the server only, log no error, and not scroll sideways."""
    width, height = SIZES[request.param]
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
