"""Models: all versions; find, compare, annotate, activate, roll back, delete; the log of activations."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from mlapp.presentation.comparison import MAX_COMPARED
from mlapp.presentation.sentences import main_score
from mlapp.schemas import ModelSummary
from mlapp.services.models.search import ModelQuery
from pages.components.cards import card, no_model
from pages.components.model.actions import ModelActions
from pages.components.model.activation_log import activations
from pages.components.tables.model_rows import CARD, CELLS
from pages.components.tables.paged_table import Column, PagedTable, Row, View
from pages.frame import frame
from pages.session.site import Site
from pages.theme import MUTED

COLUMNS = (
    Column("Model", "version"),
    Column("Predicts", "target"),
    Column("Estimator", "estimator"),
    Column("Score", "score"),
    Column("Rows", "rows", right=True),
    Column("Trained (UTC)", "created_at"),
    Column("Actions", right=True),
)
NEWEST_FIRST = View(order="version", descending=True)
ORDERS = {column.order: column.label for column in COLUMNS if column.order}


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models")
    async def models() -> None:
        await site.live.look()
        with frame(site, "Models", "/models", "Every training is kept as a version; the active one answers."):
            await _Models(site).build()


class _Models:
    """The list: rows change in place, come and go, whoever changes them."""

    def __init__(self, site: Site) -> None:
        self.models, self.live = site.services.models, site.live
        self.actions = ModelActions(site)
        self.previous: int | None = None

    async def build(self) -> None:
        with ui.column().classes("w-full") as self.none:
            no_model()
        with ui.column().classes("w-full gap-5") as self.some:
            with card():
                self._tools()
                self.table = PagedTable("Models", COLUMNS, self._load, NEWEST_FIRST, select=True)
                for name, template in CELLS.items():
                    self.table.table.add_slot(name, template)
                self.table.cards(CARD)
                self.table.table.props("dense")
                self.table.table.on("act", self._act)
                self.table.table.on_select(self._show_selected)
                self.table.table.props["no-data-label"] = "No model is found by these words."
            with card("History"):
                self.history = activations(self.models)
        self._show_selected()
        await self._show()
        self.live.models_changed.subscribe(self._show)

    def _tools(self) -> None:
        with ui.row().classes("w-full items-center gap-3"):
            self.words = ui.input(placeholder="Search", on_change=self._search).mark("search")
            self.words.props("outlined dense clearable debounce=250").classes("w-full sm:w-64")
            self.words.props["aria-label"] = "Search models by target, estimator, note or number"
            with self.words.add_slot("prepend"):
                ui.icon("search")
            order = ui.select(ORDERS, label="Sort by", value="version", on_change=self._put_in_order).mark("order")
            order.props("outlined dense").classes("w-40 lg:hidden")
            self.count = ui.label().classes(MUTED).props("role=status").mark("count")
            ui.element("div").classes("flex-1")
            self.compare = ui.button("Compare", icon="compare_arrows", on_click=self._compare).mark("compare")
            with ui.button("Roll back", icon="undo", on_click=self.actions.rollback).mark("rollback") as self.back:
                self.back_to = ui.tooltip("")
            self.back.props("outline")

    async def _load(self, view: View) -> tuple[Sequence[Row], int]:
        found = await self.models.search(
            ModelQuery(self.words.value or "", view.order or "version", view.descending, view.skip, view.most)
        )
        kind = "version" if found.total == 1 else "versions"
        self.count.set_text(
            f"{found.total:,} {kind}"
            if found.matches == found.total
            else f"{found.matches:,} of {found.total:,} {kind}"
        )
        return [await self._row(model) for model in found.models], found.matches

    async def _row(self, model: ModelSummary) -> Row:
        why = None if model.usable else await self.models.why_unusable(model.version)
        return Row(
            model.version,
            (
                f"Model {model.version}",
                model.target,
                model.estimator,
                main_score(model),
                f"{model.rows:,}",
                f"{model.created_at:%Y-%m-%d %H:%M}",
            ),
            {"active": model.active, "why": why or "", "note": model.note},
        )

    async def _show(self) -> None:
        there = bool(self.live.versions)
        self.some.set_visibility(there)
        self.none.set_visibility(not there)
        previous = await self.models.previous()
        self.back.set_enabled(previous is not None)
        self.back_to.set_text("No other model was active before" if previous is None else f"To model {previous}")
        chosen = self.table.table.selected
        self.table.table.selected = [row for row in chosen if row.get("key") in self.live.versions]
        self._show_selected()
        await self.table.show()
        await self.history.show()

    def _show_selected(self) -> None:
        count = len(self.table.table.selected)
        self.compare.set_text(f"Compare ({count})" if count else "Compare")
        self.compare.set_enabled(1 < count <= MAX_COMPARED)

    async def _search(self) -> None:
        await self.table.begin()

    async def _put_in_order(self, event: ValueChangeEventArguments[str]) -> None:
        order = event.value
        await self.table.put_in_order(order, descending=order not in ("target", "estimator"))

    def _compare(self) -> None:
        numbers = sorted(row["key"] for row in self.table.table.selected)
        ui.navigate.to(f"/models/compare?versions={','.join(map(str, numbers))}")

    async def _act(self, event: GenericEventArguments) -> None:
        action, version = event.args
        do = {"activate": self.actions.activate, "annotate": self.actions.annotate, "delete": self.actions.delete}
        await do[action](int(version))
