"""Accessibility of every page: axe in both themes and sizes, and the skip link."""

from itertools import product
from typing import Literal

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import SIZES, desktop_only
from tests.e2e.steps import severe_violations

PATHS = (
    "/ui/",
    "/ui/train",
    "/ui/jobs",
    "/ui/jobs/1",
    "/ui/system",
    "/ui/models/machines",
    "/ui/models/machines/predict",
    "/ui/models/machines/versions",
    "/ui/models/machines/versions/1",
    "/ui/models/machines/versions/compare?versions=1,2",
    "/ui/models/machines/monitor",
    "/ui/models/machines/api",
    "/ui/models/machines/settings",
)
NARROW = 900
SCHEMES: dict[Literal["light", "dark"], tuple[str, ...]] = {"light": (), "dark": ("color-contrast",)}
"""Rules that are checked in a colour scheme: all in the first one, and what colours may change in the other."""


@pytest.fixture(scope="session")
def second_version(server: str) -> None:
    """A second version of the example."""
    trained = httpx.post(f"{server}/train", json={"dataset": "machines", "estimator": "linear"}, timeout=60)
    assert trained.status_code == 201


@desktop_only
@pytest.mark.usefixtures("second_version")
@pytest.mark.parametrize("path", PATHS)
async def test_no_page_has_severe_violations(page: Page, path: str):
    await page.goto(path)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.wait_for_load_state("networkidle")

    # An open page follows the size of its window and the system's color scheme, so that one load is checked in both.
    await page.add_style_tag(content="* { transition: none !important }")
    for (width, height), (scheme, rules) in product(SIZES.values(), SCHEMES.items()):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator(f"body.body--{scheme}")).to_be_attached()
        # Wider windows show the navigation next to the page.
        await expect(page.get_by_role("navigation", name="Pages", exact=True)).to_be_visible(visible=width > NARROW)
        severe = await severe_violations(page, *rules)
        assert not severe, "\n".join([f"{width} wide, {scheme}", *severe])
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


@desktop_only
async def test_first_tab_stop_skips_the_navigation(page: Page):
    await page.goto("/ui/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()

    await page.keyboard.press("Tab")

    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
