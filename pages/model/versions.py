"""Models page: list of versions with search, actions, rollback and selection for comparison; activation history."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from mlapp.presentation.comparison import MAX_COMPARED
from mlapp.presentation.sentences import main_score
from mlapp.schemas import VersionSummary
from mlapp.services.models.search import VersionQuery
from pages.components.cards import card, no_model
from pages.components.model.actions import VersionActions
from pages.components.model.activation_log import activation_log
from pages.components.tables.model_rows import CARD, CELLS
from pages.components.tables.paged_table import PagedColumn, PagedRow, PagedTable, View
from pages.frame import frame
from pages.session.site import Site
from pages.theme import MUTED

COLUMNS = (
    PagedColumn("VersionInfo", "version"),
    PagedColumn("Predicts", "target"),
    PagedColumn("Estimator", "estimator"),
    PagedColumn("Score", "score"),
    PagedColumn("Rows", "rows", right=True),
    PagedColumn("Trained (UTC)", "created_at"),
    PagedColumn("Actions", right=True),
)
NEWEST_FIRST = View(order="version", descending=True)
ORDERS = {column.order: column.label for column in COLUMNS if column.order}


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models")
    async def models() -> None:
        await site.live.refresh()
        with frame(
            site, "Models", "/models", "Each training creates a version. The active version answers by default."
        ):
            await _Models(site).build()


class _Models:
    """The page, updated in place."""

    def __init__(self, site: Site) -> None:
        self.models, self.live = site.services.models, site.live
        self.actions = VersionActions(site)
        self.previous: int | None = None

    async def build(self) -> None:
        with ui.column().classes("w-full") as self.empty:
            no_model()
        with ui.column().classes("w-full gap-5") as self.content:
            with card():
                self._tools()
                self.table = PagedTable("Models", COLUMNS, self._load, NEWEST_FIRST, select=True)
                self.query.on_value_change(self.table.show_first_page)
                for name, template in CELLS.items():
                    self.table.table.add_slot(name, template)
                self.table.cards(CARD)
                self.table.table.props("dense")
                self.table.table.on("act", self._act)
                self.table.table.on_select(self._update_selection)
                self.table.table.props["no-data-label"] = "No models match this search."
            with card("Activation history"):
                self.history = activation_log(self.models)
        self._update_selection()
        await self._update()
        self.live.models_changed.subscribe(self._update)

    def _tools(self) -> None:
        with ui.row().classes("w-full items-center gap-3"):
            self.query = ui.input(placeholder="Search").mark("search")
            self.query.props("outlined dense clearable debounce=250").classes("w-full sm:w-64")
            self.query.props["aria-label"] = "Search models by target, estimator, note or number"
            with self.query.add_slot("prepend"):
                ui.icon("search")
            order = ui.select(ORDERS, label="Sort by", value="version", on_change=self._sort).mark("order")
            order.props("outlined dense").classes("w-40 lg:hidden")
            self.count = ui.label().classes(MUTED).props("role=status").mark("count")
            ui.element("div").classes("flex-1")
            self.compare = ui.button("Compare", icon="compare_arrows", on_click=self._compare).mark("compare")
            with ui.button("Roll back", icon="undo", on_click=self.actions.rollback).mark("rollback") as self.rollback:
                self.rollback_tooltip = ui.tooltip("")
            self.rollback.props("outline")

    async def _load(self, view: View) -> tuple[Sequence[PagedRow], int]:
        found = await self.models.search(
            VersionQuery(self.query.value or "", view.order or "version", view.descending, view.offset, view.limit)
        )
        of_all = "" if found.matches == found.total else f" of {found.total:,}"
        self.count.set_text(f"{found.matches:,}{of_all} version{'' if found.total == 1 else 's'}")
        return [await self._row(model) for model in found.models], found.matches

    async def _row(self, model: VersionSummary) -> PagedRow:
        reason = None if model.usable else await self.models.unusable_reason(model.version)
        return PagedRow(
            model.version,
            (
                f"Model {model.version}",
                model.target,
                model.estimator,
                main_score(model),
                f"{model.rows:,}",
                f"{model.created_at:%Y-%m-%d %H:%M}",
            ),
            {"active": model.active, "unusable": reason or "", "note": model.note},
        )

    async def _update(self) -> None:
        has_models = bool(self.live.versions)
        self.content.set_visibility(has_models)
        self.empty.set_visibility(not has_models)
        previous = await self.models.previous()
        self.rollback.set_enabled(previous is not None)
        self.rollback_tooltip.set_text("No other model has been active" if previous is None else f"To model {previous}")
        selected = self.table.table.selected
        self.table.table.selected = [row for row in selected if row.get("key") in self.live.versions]
        self._update_selection()
        await self.table.show()
        await self.history.show()

    def _update_selection(self) -> None:
        count = len(self.table.table.selected)
        self.compare.set_text(f"Compare ({count})" if count else "Compare")
        self.compare.set_enabled(1 < count <= MAX_COMPARED)

    async def _sort(self, event: ValueChangeEventArguments[str]) -> None:
        order = event.value
        await self.table.sort(order, descending=order not in ("target", "estimator"))

    def _compare(self) -> None:
        numbers = sorted(row["key"] for row in self.table.table.selected)
        ui.navigate.to(f"/models/compare?versions={','.join(map(str, numbers))}")

    async def _act(self, event: GenericEventArguments) -> None:
        action, version = event.args
        actions = {"activate": self.actions.activate, "annotate": self.actions.annotate, "delete": self.actions.delete}
        await actions[action](int(version))
