"""Steps of page tests that act on models."""

from typing import Any

from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import one


async def add_inactive(services: Services, **options: Any) -> int:
    """Add a version that is not active."""
    return (await publish(services, "wine", activate=False, **({"note": "inactive"} | options))).version


def models_table(user: User) -> ui.table:
    """Return the table of models."""
    (table,) = [table for table in user.find(kind=ui.table).elements if "activations" not in table._markers]
    return table


def rows_by_version(user: User) -> dict[int, dict[str, Any]]:
    """Return the rows of the table of models by version."""
    return {row["key"]: row for row in models_table(user).rows}


def activation_rows(user: User) -> list[tuple[str, ...]]:
    """Return the rows of the activation history."""
    return [(row["c0"], row["c1"], row["c2"]) for row in one(user, "activations").rows]


def act(user: User, action: str, version: int) -> None:
    """Choose an action from the menu of a row."""
    UserInteraction(user, {models_table(user)}, None).trigger("act", [action, version])


def select(user: User, *versions: int) -> None:
    """Select these rows only."""
    table = models_table(user)
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
