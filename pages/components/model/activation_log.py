"""The log of activations: which model answered from when on."""

from collections.abc import Sequence

from mlapp.presentation.sentences import format_time
from mlapp.services.models.service import ModelService
from pages.components.tables.paged_table import Column, PagedTable, Row, View

ACTIONS = {"activate": "Activated", "rollback": "Rolled back to"}
COLUMNS = (Column("When"), Column("What"), Column("Model"))


def activations(models: ModelService, version: int | None = None) -> PagedTable:
    """Draw the log, newest first, still empty: of all models, or of one."""

    async def load(view: View) -> tuple[Sequence[Row], int]:
        entries = (await models.history()).activations
        entries = [entry for entry in entries if version in (None, entry.version)]
        rows = [
            Row(view.skip + place, (format_time(entry.at), ACTIONS[entry.action], f"Model {entry.version}"))
            for place, entry in enumerate(entries[view.skip :][: view.most])
        ]
        return rows, len(entries)

    shown = PagedTable("Activations", COLUMNS, load, View(most=10))
    shown.table.props("dense").mark("activations")
    shown.table.props["no-data-label"] = "It never was active." if version else "No model was activated yet."
    return shown
