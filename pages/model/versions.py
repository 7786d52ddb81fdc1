"""Versions tab: the versions of a model with search, actions, rollback and selection for comparison; their history."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from mlapp.presentation.comparison.differences import MAX_COMPARED
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.formats import format_count, format_time
from mlapp.presentation.models.states import NO_VERSIONS
from mlapp.presentation.retention import retention_rule
from mlapp.presentation.sentences import main_score, source_name
from mlapp.presentation.verdict import verdict
from mlapp.schemas import VersionKey, VersionSummary
from mlapp.services.models.listing import StoredModel
from mlapp.services.models.search import VersionQuery
from pages.components.buttons import link_button
from pages.components.cards import card, empty_state
from pages.components.model.actions import VersionActions
from pages.components.model.activation_log import activation_log
from pages.components.shortcuts import SEARCH
from pages.components.tables.paged_table import PagedColumn, PagedRow, PagedTable, View
from pages.components.tables.version_rows import CARD, CELLS
from pages.model.tabs import ModelPage, Tab, model_page
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import MUTED, TEXT

COLUMNS = (
    PagedColumn("Version", "version"),
    PagedColumn("Trained", "created_at"),
    PagedColumn("Estimator", "estimator"),
    PagedColumn("Score", "score"),
    PagedColumn("Rows", "rows", right=True),
    PagedColumn("Trained on"),
    PagedColumn("Actions", right=True),
)
SHOWN = ("c0", "c1", "c3", "c5", "c6")
"""Columns of their own; the others stand in these."""
SEARCHED = 7
"""More versions than this can be searched and sorted."""
NEWEST_FIRST = View(order="version", descending=True)
ORDERS = {column.order: column.label for column in COLUMNS if column.order}


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}/versions", response_timeout=RESPONSE_TIMEOUT_S)
    async def versions(model: str, selected: str = "") -> None:
        numbers = [int(number) for number in selected.split(",") if number.isdecimal()]
        await model_page(site, model, Tab.VERSIONS, lambda page: _Versions(page, numbers).build())


class _Versions:
    """The page, updated in place."""

    def __init__(self, page: ModelPage, selected: Sequence[int]) -> None:
        self.page, self.site, self.model, self.models = page, page.site, page.model, page.site.services.models
        self.actions, self.selected = VersionActions(page.site, page.model), selected

    async def build(self) -> None:
        with ui.column().classes("w-full") as self.empty:
            target = ("Train a version", "model_training", f"/train?model={self.model}")
            empty_state("layers", "No versions", NO_VERSIONS, target, mark="no-versions")
        with ui.column().classes("w-full gap-5") as self.content:
            with card():
                self._tools()
                self.table = PagedTable("Versions", COLUMNS, self._load, NEWEST_FIRST, select=True)
                self.query.on_value_change(self.table.show_first_page)
                for name, template in CELLS.items():
                    self.table.table.add_slot(name, template)
                self.table.cards(CARD)
                self.table.table.props["visible-columns"] = list(SHOWN)
                self.table.table.on("act", self._act)
                self.table.table.on_select(self._update_selection)
                self.table.table.selected = [{"key": number} for number in self.selected]
                self.table.table.props["no-data-label"] = "No versions match this search."
                self.retention = ui.label().classes(MUTED).mark("retention")
            with card("Activation history"):
                self.history = activation_log(self.models, self.model)
        self._update_selection()
        await self._update()
        self.page.on_change(self._update)

    def _tools(self) -> None:
        with ui.row().classes("w-full items-center gap-3"):
            self.query = ui.input(placeholder="Search").classes(SEARCH).mark("search")
            self.query.props("outlined dense clearable debounce=250").classes("w-full sm:w-56")
            self.query.props["aria-label"] = "Search versions by estimator, table, note or number"
            with self.query.add_slot("prepend"):
                ui.icon("search")
            order = ui.select(ORDERS, label="Sort by", value="version", on_change=self._sort).mark("order")
            order.props("outlined dense").classes("w-40")
            self.finding = (self.query, order)
            self.count = ui.label().classes(TEXT).props("role=status").mark("count")
            ui.element("div").classes("flex-1 max-sm:hidden")
            self.compare = ui.button("Compare", icon="compare_arrows", on_click=self._compare).mark("compare")
            with self.compare.props("outline"):
                ui.tooltip(f"Select 2 to {MAX_COMPARED} versions")
            self.rollback = ui.button("Roll back", icon="undo", on_click=self.actions.rollback).mark("rollback")
            with self.rollback.props("outline"):
                self.rollback_tooltip = ui.tooltip("")
            link_button("Train", "model_training", f"/train?model={self.model}").mark("train")

    async def _load(self, view: View) -> tuple[Sequence[PagedRow], int]:
        words, order = self.query.value or "", view.order or "version"
        found = await self.models.search(
            self.model, VersionQuery(words, order, view.descending, view.offset, view.limit)
        )
        of_all = "" if found.matches == found.total else f" of {format_count(found.total)}"
        self.count.set_text(f"{format_count(found.matches)}{of_all} version{'' if found.total == 1 else 's'}")
        return [await self._row(info) for info in found.versions], found.matches

    async def _row(self, info: VersionSummary) -> PagedRow:
        key = VersionKey(info.model, info.version)
        reason = None if info.usable else await self.models.unusable_reason(key)
        cells = (
            f"Version {info.version}",
            format_time(info.created_at),
            estimator_name(info.estimator),
            main_score(info),
            format_count(info.rows),
            source_name(info.source),
        )
        found = verdict(info)
        further = {
            "active": info.active,
            "breaking": info.breaking,
            "suspicious": f"{found.phrase}. {found.advice}" if found.is_doubtful else "",
            "phrase": found.phrase,
            "unusable": reason or "",
            "note": info.note,
        }
        return PagedRow(info.version, cells, further)

    async def _update(self) -> None:
        existing = self.site.live.models.get(self.model, StoredModel(None, ())).versions
        self.content.set_visibility(bool(existing))
        self.empty.set_visibility(not existing)
        for element in self.finding:
            element.set_visibility(len(existing) > SEARCHED or bool(self.query.value))
        previous = await self.models.previous(self.model)
        self.rollback.set_enabled(previous is not None)
        self.rollback.set_text("Roll back" if previous is None else f"Roll back to version {previous}")
        self.rollback_tooltip.set_text(
            "No other version has been active" if previous is None else "Undo the activation"
        )
        self.retention.set_text(
            retention_rule(existing, (self.page.info.active, previous), self.site.settings.keep_versions)
        )
        self.table.table.selected = [row for row in self.table.table.selected if row.get("key") in existing]
        self._update_selection()
        await self.table.show()
        await self.history.show()

    def _update_selection(self) -> None:
        count = len(self.table.table.selected)
        self.compare.set_text(f"Compare ({count})" if count else "Compare")
        self.compare.set_enabled(1 < count <= MAX_COMPARED)

    async def _sort(self, event: ValueChangeEventArguments[str]) -> None:
        order = event.value
        await self.table.sort(order, descending=order != "estimator")

    def _compare(self) -> None:
        numbers = ",".join(str(key) for key in sorted(row["key"] for row in self.table.table.selected))
        # Kept in the address, for the way back.
        ui.navigate.history.replace(f"?selected={numbers}")
        ui.navigate.to(f"/models/{self.model}/versions/compare?versions={numbers}")

    async def _act(self, event: GenericEventArguments) -> None:
        action, version = event.args
        actions = {"activate": self.actions.activate, "annotate": self.actions.annotate, "delete": self.actions.delete}
        await actions[action](int(version))
