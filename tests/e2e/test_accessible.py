"""Accessibility of every page: axe in both themes and sizes, and the skip link."""

from itertools import product
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.conftest import SIZES, desktop_only

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
SEVERE = ("serious", "critical")
NARROW = 900
# Preloading would fetch style sheets, which shows a loading bar that the next check reports.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


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
    for (width, height), scheme in product(SIZES.values(), SCHEMES):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator(f"body.body--{scheme}")).to_be_attached()
        # Wider windows show the navigation next to the page.
        await expect(page.get_by_role("navigation", name="Pages", exact=True)).to_be_visible(visible=width > NARROW)
        found = await Axe().run(page, options=OPTIONS)
        severe = [violation for violation in found.response["violations"] if violation["impact"] in SEVERE]
        assert not severe, "\n".join([f"{width} wide, {scheme}", *(_format(violation) for violation in severe)])
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


def _format(violation: dict[str, Any]) -> str:
    nodes = [f"  {node['target']}: {node['html'][:200]}" for node in violation["nodes"][:5]]
    return "\n".join([f"{violation['id']}: {violation['help']}", *nodes])


@desktop_only
async def test_first_tab_stop_skips_the_navigation(page: Page):
    await page.goto("/ui/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()

    await page.keyboard.press("Tab")

    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
