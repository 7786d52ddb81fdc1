"""Steps of page tests: what a user does and reads."""

from typing import Any

import httpx
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from mlapp.schemas import ModelPatch, VersionInfo
from mlapp.services import Services
from mlapp.store import ModelStore
from tests.fitted import publish
from tests.pages.conftest import one

DAMAGED = 900


async def add_inactive(services: Services, model: str = "wine", **options: Any) -> int:
    """Add a version on the table wine that is not active."""
    return (await publish(services, "wine", model, activate=False, **({"note": "inactive"} | options))).version


def damage_active_version(store: ModelStore, model: str) -> None:
    """Give a model another active version, `DAMAGED`, whose record cannot be read."""
    folder = store.folder / "models" / model
    damaged = folder / "versions" / str(DAMAGED)
    damaged.mkdir()
    (damaged / "record.json").write_bytes(b"{")
    settings = store.settings(model).model_copy(update={"active": DAMAGED})
    (folder / "model.json").write_text(settings.model_dump_json())


async def make_default(services: Services, model: str) -> None:
    """Make a model the default one."""
    await services.models.update(model, ModelPatch(default=True))


def versions_table(user: User) -> ui.table:
    """Return the table of versions."""
    (table,) = [table for table in user.find(kind=ui.table).elements if "activations" not in table._markers]
    return table


def rows_by_version(user: User) -> dict[int, dict[str, Any]]:
    """Return the rows of the table of versions by version."""
    return {row["key"]: row for row in versions_table(user).rows}


def activation_rows(user: User) -> list[tuple[str, ...]]:
    """Return the rows of the activation history."""
    return [(row["c0"], row["c1"], row["c2"]) for row in one(user, "activations").rows]


def act(user: User, action: str, version: int) -> None:
    """Choose an action from the menu of a row."""
    UserInteraction(user, {versions_table(user)}, None).trigger("act", [action, version])


def select(user: User, *versions: int) -> None:
    """Select these rows only."""
    table = versions_table(user)
    table.selected = []
    rows = [{"key": version} for version in versions]
    UserInteraction(user, {table}, None).trigger("selection", {"added": True, "rows": rows, "keys": list(versions)})


def confirm(user: User, action: str) -> None:
    """Click a button of the open dialog."""
    (dialog,) = [dialog for dialog in user.find(kind=ui.dialog).elements if dialog.value]
    (button,) = [
        button
        for button in user.find(kind=ui.button).elements
        if button.text == action and dialog in button.ancestors()
    ]
    UserInteraction(user, {button}, None).click()


def control(user: User, info: VersionInfo, name: str, part: str = "") -> Any:
    """Return the control of a feature, or a part of it."""
    index = [feature.name for feature in info.features].index(name)
    return one(user, f"feature-{index}{part}")


def chart_of(user: User, label: str) -> ui.echart:
    """Return the chart whose label starts with this text."""
    (found,) = [
        chart for chart in user.find(kind=ui.echart).elements if str(chart.props["aria-label"]).startswith(label)
    ]
    return found


async def predict(http: httpx.AsyncClient, info: VersionInfo, rows: int, **changed: object) -> None:
    """Have a version predict rows like its example."""
    row = {feature.name: feature.example for feature in info.features} | changed
    path = f"/models/{info.model}/predict?version={info.version}"
    answer = await http.post(path, json={"records": [row] * rows})
    assert answer.status_code == 200


def mark_column(user: User, index: int, option: str) -> None:
    """Choose in the list of columns what a column says about rows: their time, group or weight."""
    user.find(marker=f"column-{index}-more").click()
    user.find(marker=f"row-{option}").click()
