"""The activation history of a model, or of one of its versions."""

from collections.abc import Sequence

from mlapp.presentation.formats import format_time
from mlapp.services.models.service import ModelService
from pages.components.tables.paged_table import PagedColumn, PagedRow, PagedTable, View

ACTIONS = {"activate": "Activated", "rollback": "Rolled back to"}
COLUMNS = (PagedColumn("Time"), PagedColumn("Action"), PagedColumn("Version"), PagedColumn("By"))
"""Without a visible header: a row reads like a sentence."""


def activation_log(models: ModelService, model: str, version: int | None = None) -> PagedTable:
    """Draw the history, newest first; its first rows come with `show`."""

    async def load(view: View) -> tuple[Sequence[PagedRow], int]:
        entries = (await models.history(model)).activations
        entries = [entry for entry in entries if version in (None, entry.version)]
        rows = [
            PagedRow(
                view.offset + index,
                (
                    format_time(entry.at, seconds=True),
                    ACTIONS[entry.action],
                    f"Version {entry.version}",
                    f"by {entry.by}" if entry.by else "",
                ),
            )
            for index, entry in enumerate(entries[view.offset :][: view.limit])
        ]
        return rows, len(entries)

    log = PagedTable("Activation history", COLUMNS, load, View(limit=10))
    log.table.props("dense hide-header").mark("activations")
    log.table.props["no-data-label"] = (
        "This version has never been active." if version else "No version has been active yet."
    )
    return log
