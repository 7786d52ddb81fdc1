"""Finding a model, and pages that follow changes, in a browser."""

import re

import httpx
from playwright.async_api import Browser, Page, expect

from mlapp.store import ModelStore
from pages.models import SEARCHED
from tests.e2e.conftest import desktop_only
from tests.e2e.steps import publish


@desktop_only
async def test_card_leads_to_its_model_and_search_finds_it(page: Page, running_store: ModelStore):
    for number in range(SEARCHED):
        publish(running_store, f"found-{number}")
    await page.goto("/ui/")
    await page.get_by_label("Search models").fill("found-3")
    await expect(page.get_by_text(re.compile("^1 of"))).to_be_visible()
    await expect(page).to_have_url(re.compile("words=found-3"))

    # Beside the links: the whole card is one.
    await page.get_by_text("Predicts price from 3 columns", exact=True).click(force=True)

    await expect(page.get_by_role("heading", name="found-3", level=1)).to_be_visible()
    await page.go_back()
    await expect(page.get_by_text(re.compile("^1 of"))).to_be_visible()


async def test_home_shows_whole_names_of_models(page: Page, running_store: ModelStore):
    """Names of 63 characters that differ in the last one only, beside all badges."""
    names = ["machines", "n" * 62 + "1", "n" * 62 + "2"]
    for name in names[1:]:
        publish(running_store, name)
    running_store.set_default("machines")
    await page.goto("/ui/")
    for name in names:
        heading = page.get_by_role("heading", name=name)
        await expect(heading).to_be_visible()
        assert await heading.evaluate("heading => heading.scrollWidth <= heading.clientWidth")
    # The fixture checks that this page does not scroll sideways.
    await page.goto(f"/ui/train?model={names[-1]}")
    await expect(page.get_by_text(f"For a new version of {names[-1]}.")).to_be_visible()


async def test_navigation_opens_a_page(page: Page):
    await page.goto("/")
    if await page.get_by_role("button", name="Open navigation").is_visible():
        await page.get_by_role("button", name="Open navigation").click()

    await page.get_by_role("navigation").get_by_role("link", name="System").click()

    await expect(page.get_by_role("heading", name="System", level=1)).to_be_visible()


async def test_open_pages_show_changes_by_others(
    browser: Browser, server: str, api: httpx.AsyncClient, running_store: ModelStore
):
    """Jobs, versions, activations and the default model by API requests, in pages that are already open."""
    older, newer = publish(running_store, "live"), publish(running_store, "live")
    context = await browser.new_context(base_url=server)
    home, versions, jobs, monitor = [await context.new_page() for _ in range(4)]
    paths = {home: "?words=live", versions: "models/live/versions", jobs: "jobs", monitor: "models/live/monitor"}
    for page, path in paths.items():
        await page.goto(f"/ui/{path}")
        await expect(page.get_by_role("banner")).to_be_visible()
        await page.wait_for_load_state("networkidle")
    for page in (home, versions, monitor):
        await expect(page.get_by_text(re.compile(f"^version {newer}( active)?$")).first).to_be_visible()

    assert (await api.post(f"/models/live/versions/{older}/activate")).status_code == 200
    for page in (home, versions, monitor):
        shown = page.get_by_text(re.compile(f"^version {older}( active)?$")).first
        await expect(shown).to_be_visible()
    assert (await api.patch("/models/live", json={"default": True})).status_code == 200
    for page in paths:
        await expect(page.get_by_role("banner")).to_contain_text("live")

    trained = (await api.post("/models/live/train", json={"dataset": "wine", "estimator": "linear"})).json()["version"]
    newest = (await api.get("/jobs")).json()["jobs"][0]
    await expect(jobs.get_by_text(f"Training {newest['id']}", exact=True)).to_be_visible()
    await expect(versions.get_by_text(f"Version {trained}", exact=True).first).to_be_visible()
    await context.close()
