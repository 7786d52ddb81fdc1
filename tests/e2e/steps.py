"""Steps of end-to-end tests: train by the API, drop a file, look for violations of accessibility."""

from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SEVERE = ("serious", "critical")
# Preloading would fetch style sheets, which shows a loading bar that the next check reports.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
ROWS = "".join(f"{n % 7},{'red' if n % 3 else 'green'},2024-0{n % 9 + 1}-15,{n % 7 * 3 + n % 3}\n" for n in range(90))
PAINT = f"size,colour,day,price\n{ROWS}"
GLOSS = ["gloss", *(str(n % 4) for n in range(90))]
WITH_GLOSS = "".join(f"{line},{gloss}\n" for line, gloss in zip(PAINT.splitlines(), GLOSS, strict=True))


async def train(api: httpx.AsyncClient, model: str, table: str = PAINT, **options: str) -> int:
    """Train a version of a model on a table by the API, and return its number."""
    params = {"target": "price", "estimator": "linear"} | options
    headers = {"Content-Type": "text/csv"}
    answer = await api.post(f"/models/{model}/train", params=params, content=table, headers=headers)
    assert answer.status_code == 201, answer.text
    version: int = answer.json()["version"]
    return version


async def drop(page: Page, folder: Path, name: str, content: str) -> None:
    file = folder / name
    file.write_text(content)
    await page.locator("input[type=file]").set_input_files(file)


async def severe_violations(page: Page, *rules: str) -> list[str]:
    """Return the severe violations of these rules, or else of all, that axe finds on a page as it is now."""
    found = await Axe().run(page, options=OPTIONS | ({"runOnly": rules} if rules else {}))
    return [_format(violation) for violation in found.response["violations"] if violation["impact"] in SEVERE]


def _format(violation: dict[str, Any]) -> str:
    nodes = [f"  {node['target']}: {node['html'][:200]}" for node in violation["nodes"][:5]]
    return "\n".join([f"{violation['id']}: {violation['help']}", *nodes])
