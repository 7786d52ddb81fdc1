"""Take the README's screenshots, with a real server, models, requests and browser: `uv run poe screenshots`.

Writes them to docs/images.
"""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
from playwright.async_api import Browser, FilePayload, Page, ViewportSize, async_playwright, expect

from benchmarks.harness.server import Server, serving
from mlapp.tables.bundled.machines import machines

IMAGES = Path(__file__).parent / "images"
DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
REQUESTS = 600


DESCRIPTIONS = {
    "machines": "Days until a machine of the fleet fails.",
    "wine": "Which cultivar a wine is made of, from its chemical analysis.",
}


def populate(server: Server) -> None:
    """Train versions of several models, and send requests with drift: machines that are older and warmer."""
    server.train(dataset="machines", estimator="linear")
    server.train(dataset="wine", note="First try on the wines.")
    server.train(dataset="diabetes", estimator="linear")
    server.train(dataset="breast_cancer", estimator="linear")
    server.train(dataset="machines", estimator="hist_gradient_boosting", note="Boosting, for the fleet.")
    server.train(dataset="machines", estimator="linear", exclude=["load"], activate="never", note="No load sensor.")
    info = server.http.get("/models/machines/versions/active").raise_for_status().json()
    for name, description in DESCRIPTIONS.items():
        server.http.patch(f"/models/{name}", json={"description": description}).raise_for_status()
    random_ = random.Random(0)
    examples = [dict(zip((f["name"] for f in info["features"]), row, strict=True)) for row in info["examples"]]
    rows = [row for row in examples if None not in row.values()]
    for _ in range(REQUESTS):
        row = random_.choice(rows)
        drift = {
            "age": min(1_190, int(row["age"] * 1.6) + random_.randrange(60)),
            "temperature": row["temperature"] + 4,
        }
        server.http.post("/models/machines/predict", json={"records": [row | drift]}).raise_for_status()
    # Rejected, so that the Monitor page shows an error.
    server.http.post("/models/machines/predict", json={"records": [{}]})
    wine = server.http.get("/models/wine/versions/active").raise_for_status().json()
    body = {"records": [{feature["name"]: feature["example"] for feature in wine["features"]}]}
    for _ in range(REQUESTS // 20):
        server.http.post("/models/wine/predict", json=body).raise_for_status()


def spreadsheet() -> bytes:
    """Return machines as a German spreadsheet program exports them."""
    load = pl.format("{} %", (100 * pl.col("load")).round().cast(pl.Int64)).alias("load")
    frame = machines().with_columns(load, pl.col("last_service").dt.strftime("%d.%m.%Y"))
    text = frame.write_csv(separator=";", decimal_comma=True, null_value="-", line_terminator="\r\n")
    return f"Machines of plant 2, 1 January 2026\r\n\r\n{text}".encode()


async def upload_table(page: Page) -> None:
    """Upload a table on the Train page, and wait for its preview."""
    file = FilePayload(name="plant 2.csv", mimeType="text/csv", buffer=spreadsheet())
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_text("2,000 rows, 7 columns")).to_be_visible(timeout=30_000)
    await page.wait_for_timeout(1_000)


async def no_steps(_: Page) -> None:
    """Show a page as it loads."""


SHOTS: dict[str, tuple[str, Callable[[Page], Awaitable[None]]]] = {
    "home": ("/", no_steps),
    "train": ("/train", upload_table),
    "overview": ("/models/machines", no_steps),
    "predict": ("/models/machines/predict", no_steps),
    "versions": ("/models/machines/versions", no_steps),
    "compare": ("/models/machines/versions/compare?versions=1,2", no_steps),
    "monitor": ("/models/machines/monitor", no_steps),
    "api": ("/models/machines/api", no_steps),
    "settings": ("/models/machines/settings", no_steps),
    "jobs": ("/jobs", no_steps),
    "system": ("/system", no_steps),
}
"""Name of the image → path of the page, and the steps before the screenshot."""
ON_A_PHONE = ("home", "predict")


async def take(browser: Browser, base: str, name: str, *, phone: bool) -> None:
    """Take one screenshot: desktops in light mode, phones in dark mode."""
    path, steps = SHOTS[name]
    scheme = "dark" if phone else "light"
    context = await browser.new_context(
        base_url=base,
        viewport=PHONE if phone else DESKTOP,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    await page.goto(f"/ui{path}")
    await page.wait_for_load_state("networkidle")
    await steps(page)
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
    """Start a server, populate it, and take the screenshots."""
    IMAGES.mkdir(exist_ok=True)
    with serving() as server:
        populate(server)
        asyncio.run(take_all(str(server.http.base_url)))


if __name__ == "__main__":
    main()
