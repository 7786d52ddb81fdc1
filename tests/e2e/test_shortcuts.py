"""Keyboard shortcuts, the focus after a training, and accessibility of what opens on a page."""

from pathlib import Path

from playwright.async_api import Page, expect

from mlapp.store import ModelStore
from pages.model.versions import SEARCHED
from tests.e2e.conftest import desktop_only
from tests.e2e.steps import PAINT, drop, publish, severe_violations
from tests.e2e.test_accessible import SCHEMES

STILL = "* { transition: none !important; animation: none !important }"


@desktop_only
async def test_pages_are_opened_by_keys_which_a_dialog_lists(page: Page, running_store: ModelStore):
    for _ in range(SEARCHED + 1):
        publish(running_store, "keys")
    await page.goto("/ui/models/keys")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.add_style_tag(content=STILL)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    # For the contrast in a light dialog, axe takes the backdrop for its background.
    assert [each for each in await severe_violations(page) if not each.startswith("color-contrast")] == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).not_to_be_attached()

    await page.keyboard.type("gv")
    search = page.get_by_placeholder("Search")
    # The address changes before the page is there.
    await expect(search).to_be_visible()
    await page.keyboard.press("/")
    await expect(search).to_be_focused()
    await page.keyboard.type("gt?")
    await expect(search).to_have_value("gt?")
    await expect(page).to_have_url("/ui/models/keys/versions")


@desktop_only
async def test_menus_and_toasts_have_no_severe_violations_in_both_themes(page: Page, tmp_path: Path):
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(101_000_000)
    await page.goto("/ui/train")
    await page.locator("input[type=file]").set_input_files(big)
    toast = page.get_by_text("The file is larger than 100 MB")
    await expect(toast).to_be_visible()
    await page.add_style_tag(content=STILL)
    await page.get_by_role("button", name="Theme").click()
    await expect(page.get_by_role("menu")).to_be_visible()

    for scheme, rules in SCHEMES.items():
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator(f"body.body--{scheme}")).to_be_attached()
        assert await severe_violations(page, *rules) == []

    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="OK").click()
    await expect(toast).not_to_be_attached()


@desktop_only
async def test_focus_follows_from_the_button_to_the_result(page: Page, tmp_path: Path):
    await page.goto("/ui/train")
    await drop(page, tmp_path, "focus.csv", PAINT)
    button = page.get_by_role("button", name="Train", exact=True)
    # Playwright presses keys on hidden and disabled buttons, too.
    await expect(button).to_be_enabled()
    await button.press("Enter")
    result = page.locator(":focus", has=page.get_by_role("button", name="Predict with it"))
    await expect(result).to_be_attached()

    await page.keyboard.press("Tab")

    focused = page.locator(":focus")
    await expect(focused).to_be_in_viewport()
    assert await focused.evaluate("element => element.closest('.q-card').innerText.includes('Predict with it')")
