"""Take the screenshots of the README: a real server, real models, real requests, a real browser.

`uv run poe screenshots` writes them to docs/images, so that they stay true.
"""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from benchmarks.harness.server import Server, serving

IMAGES = Path(__file__).parent / "images"
DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
REQUESTS = 600


def make_history(server: Server) -> None:
    """Train a few versions, and ask the last one for predictions of machines that are older than in training."""
    server.train(dataset="wine", note="First try on the wines.")
    server.train(dataset="machines", estimator="linear")
    model = server.train(dataset="machines", estimator="hist_gradient_boosting", note="Boosting, for the fleet.")
    draw = random.Random(0)
    examples = [dict(zip((f["name"] for f in model["features"]), row, strict=True)) for row in model["examples"]]
    rows = [row for row in examples if None not in row.values()]
    for _ in range(REQUESTS):
        row = draw.choice(rows)
        older = {"age": min(1_190, int(row["age"] * 1.6) + draw.randrange(60)), "temperature": row["temperature"] + 4}
        server.http.post("/predict", json={"records": [row | older]}).raise_for_status()
    server.http.post("/predict", json={"records": [{}]})


async def choose_a_table(page: Page) -> None:
    """Choose a bundled table on the Train page, and wait for what is found about it."""
    await page.get_by_role("button", name="machines").click()
    await expect(page.get_by_text("2,000 rows, 7 columns")).to_be_visible(timeout=30_000)
    await page.wait_for_timeout(1_000)


async def nothing(_: Page) -> None:
    """Show a page as it opens."""


SHOTS: dict[str, tuple[str, Callable[[Page], Awaitable[None]]]] = {
    "overview": ("/", nothing),
    "train": ("/train", choose_a_table),
    "predict": ("/predict", nothing),
    "models": ("/models", nothing),
    "compare": ("/models/compare?versions=2,3", nothing),
    "model": ("/models/3", nothing),
    "monitor": ("/monitor", nothing),
    "jobs": ("/jobs", nothing),
    "health": ("/health", nothing),
}
ON_A_PHONE = ("overview", "predict")


async def take(browser: Browser, base: str, name: str, *, phone: bool) -> None:
    """Take one screenshot: of a desktop in light, of a phone in dark."""
    path, prepare = SHOTS[name]
    scheme = "dark" if phone else "light"
    context = await browser.new_context(
        base_url=base,
        viewport=PHONE if phone else DESKTOP,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    await page.goto(f"/ui{path}")
    await page.wait_for_load_state("networkidle")
    await prepare(page)
    await page.wait_for_timeout(1_500)
    await page.screenshot(path=IMAGES / f"{name}{'-phone' if phone else ''}.png")
    await context.close()


async def take_all(base: str) -> None:
    """Take all screenshots of a server."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in SHOTS:
            await take(browser, base, name, phone=False)
        for name in ON_A_PHONE:
            await take(browser, base, name, phone=True)
        await browser.close()


def main() -> None:
    """Serve, train, ask, look."""
    IMAGES.mkdir(exist_ok=True)
    with serving() as server:
        make_history(server)
        asyncio.run(take_all(str(server.http.base_url)))


if __name__ == "__main__":
    main()
