"""Steps of end-to-end tests: publish a version, drop a file, look for violations of accessibility."""

from functools import cache
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from mlapp.schemas import Format
from mlapp.store import ModelStore
from mlapp.tables.formats.reader import read_file
from tests.fitted import Fitted, fit_on

SEVERE = ("serious", "critical")
# Preloading would fetch style sheets, which shows a loading bar that the next check reports.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
ROWS = "".join(f"{n % 7},{'red' if n % 3 else 'green'},2024-0{n % 9 + 1}-15,{n % 7 * 3 + n % 3}\n" for n in range(90))
PAINT = f"size,colour,day,price\n{ROWS}"
GLOSS = ["gloss", *(str(n % 4) for n in range(90))]
WITH_GLOSS = "".join(f"{line},{gloss}\n" for line, gloss in zip(PAINT.splitlines(), GLOSS, strict=True))


@cache
def paint(estimator: str) -> Fitted:
    table = read_file(PAINT.encode(), Format.CSV, training=True)
    return fit_on("paint", table, None, target="price", estimator=estimator)


def publish(store: ModelStore, model: str, estimator: str = "linear", **changed: Any) -> int:
    """Add a version of a model on the table `PAINT` and activate it, as another process does."""
    return paint(estimator).but(**changed).activate_in(store, model)


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
