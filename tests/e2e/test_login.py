"""Login and logout in a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.servers import FULL, PREDICT, address

ROWS = "size,price\n" + "".join(f"{n % 7},{n % 7 * 3 + n % 2}\n" for n in range(60))


@pytest.fixture
async def context(browser: Browser, closed: httpx.Client) -> AsyncIterator[BrowserContext]:
    """A separate browser on a phone; violations of the Content Security Policy are errors."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, base_url=address(closed))
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on(
        "console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield context
    await context.close()
    assert errors == []


async def log_in(page: Page, key: str = FULL) -> None:
    await page.get_by_label("Key").fill(key)
    await page.keyboard.press("Enter")


async def log_out(page: Page) -> None:
    await page.get_by_role("button", name="Open navigation").click()
    await page.get_by_role("button", name="Log out").click()


async def test_login_train_predict_and_logout(context: BrowserContext, tmp_path: Path):
    page = await context.new_page()
    await page.goto("/ui/train")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await expect(page.get_by_label("Key")).to_be_focused()
    await log_in(page, "wrong")
    await expect(page.get_by_role("alert")).to_contain_text("This key is wrong")
    await log_in(page, PREDICT)
    await expect(page.get_by_role("alert")).to_contain_text("This key may only predict")

    await log_in(page)
    await expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible()
    (tmp_path / "sizes.csv").write_text(ROWS)
    await page.locator("input[type=file]").set_input_files(tmp_path / "sizes.csv")
    await expect(page.get_by_text("60 rows, 2 columns")).to_be_visible()
    await page.goto("/ui/predict")
    await page.get_by_role("spinbutton", name="age").fill("5000")
    await expect(page.get_by_text("5000 is outside")).to_be_visible()
    other = await context.new_page()
    await other.goto("/ui/")
    await expect(other.get_by_role("heading", name="Models", level=1)).to_be_visible()

    await log_out(page)

    for shown in (page, other):
        await expect(shown.get_by_role("heading", name="Log in")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert await context.cookies() == []


async def test_login_is_accessible(context: BrowserContext):
    page = await context.new_page()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.goto("/ui/login")
        found = await Axe().run(page)
        assert found.response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= await page.evaluate("innerWidth")


async def test_another_site_cannot_open_a_socket_or_train(browser: Browser, server: str):
    page = await browser.new_page()
    other_site = server.replace("127.0.0.1", "localhost")
    await page.goto(f"{other_site}/livez")
    before = httpx.get(f"{server}/models").json()

    opened = await page.evaluate(
        """base => new Promise(done => {
            const query = "EIO=4&transport=websocket&client_id=1";
            const socket = new WebSocket(`${base.replace("http", "ws")}/ui/_nicegui_ws/socket.io/?${query}`);
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
        })""",
        server,
    )
    await page.evaluate(
        """base => fetch(base + "/train?target=b", {
            method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: "a,b"
        }).catch(() => null)""",
        server,
    )

    assert not opened
    assert httpx.get(f"{server}/models").json() == before
    await page.close()
