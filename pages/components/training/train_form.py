"""The form of a training: how the file is read, the columns with roles and types, the options, and Train."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.formats import format_count
from mlapp.presentation.tables.preview import for_page
from mlapp.schemas import EstimatorInfo, Format, TablePreview
from pages.components.cards import card, loading
from pages.components.forms.coalescing import CoalescedTask
from pages.components.forms.file_choice import FileChoice
from pages.components.forms.reading_options import STRUCTURE, ReadingOptions
from pages.components.tables.plain_table import plain_table
from pages.components.training.columns.column_list import ColumnList
from pages.components.training.columns.target_picker import TargetPicker
from pages.components.training.destination import Destination
from pages.components.training.held_out_rows import HeldOutRows
from pages.components.training.options_form import OptionsForm
from pages.components.training.train_bar import TrainBar
from pages.components.warnings import warnings
from pages.session.column_choices import ColumnChoices
from pages.session.form_state import FormState
from pages.session.site import Site
from pages.theme import GRID, MUTED

HEAD_COLUMNS = 50
"""Columns in the preview of the first rows."""


class TrainForm:
    """Shows previews of a table; each change of what is read or used causes another one, shown in place."""

    def __init__(
        self,
        site: Site,
        state: FormState,
        estimators: Sequence[EstimatorInfo],
        chosen: FileChoice,
        on_start: Callable[[], Awaitable[None]],
    ) -> None:
        self.site, self.state, self.estimators, self.on_start = site, state, estimators, on_start
        self.chosen = chosen
        """The line of the table, which tells its size."""
        self.choices = ColumnChoices(state.options)
        self.check = CoalescedTask(self._check)
        self.is_read = False
        """Whether the file could be read with the current reading options."""
        self.shown_rows: tuple[list[str], list[list[str | None]]] = ([], [])
        self.shown_warnings: list[str] = []

    def build(self, table: ui.element, form: ui.element) -> None:
        """Draw the table into one element and the rest into another, and request the first preview."""
        with table:
            self._draw_table()
        with form, ui.column().classes("w-full gap-5") as self.form:
            with card(mark="settings"):
                with ui.element("div").classes(f"{GRID} items-start"):
                    self.target = TargetPicker(self.choices, self._choices_changed)
                    self.destination = Destination(
                        self.site, self.state, self.choices, self._destination_changed, self._changed
                    )
                self.options = OptionsForm(
                    self.state.options,
                    self.estimators,
                    on_estimator=self._update_bar,
                    on_activation=self.destination.update,
                )
                self.held_out_rows = HeldOutRows(self.choices, self._choices_changed)
                self.warnings = ui.column().classes("w-full gap-2 empty:hidden")
                self.warnings.props("aria-live=polite").mark("warnings")
                self.columns = ColumnList(self.choices, self._choices_changed)
            self.bar = TrainBar(self.choices, self._start, self._choices_changed, self.destination.field)
        self.form.set_visibility(False)
        self.check.schedule()

    def _draw_table(self) -> None:
        with ui.row() as self.loading:
            loading("Reading the table")
        self.description = ui.label(self.state.description).classes(MUTED)
        self.description.set_visibility(bool(self.state.description))
        hint = self.state.file.format if self.state.file else Format.JSON
        self.reading = ReadingOptions(self.state.options, hint, self._reading_changed)
        self.rows = ui.column().classes("w-full")
        self.reading.element.set_visibility(False)
        self.rows.set_visibility(False)
        with self.chosen.actions:
            self.head = ui.button("First rows", icon="table_rows", on_click=self._toggle_rows).mark("first-rows")
            self.head.props("flat dense padding='2px 8px' aria-expanded=false").set_visibility(False)

    def _toggle_rows(self) -> None:
        self.rows.set_visibility(not self.rows.visible)
        self.head.props["aria-expanded"] = "true" if self.rows.visible else "false"

    def _reading_changed(self, option: str) -> None:
        if option in STRUCTURE:
            self.choices.forget()
        self.is_read = False
        self._changed()

    def _choices_changed(self) -> None:
        self.target.show_choices()
        self.columns.show_choices()
        self.destination.update()
        self._changed()

    def _update_bar(self) -> None:
        self.bar.update()

    def _destination_changed(self) -> None:
        self.options.show_policy(self.destination.policy)
        self.bar.show_destination(self.destination.title, self.destination.warning)

    async def _start(self) -> None:
        # The name that is shown is final, even if it was only suggested.
        self.state.options["model"] = self.destination.name
        await self.on_start()

    def _changed(self) -> None:
        self.bar.checking.set_visibility(True)
        self.check.schedule()

    async def _check(self) -> None:
        """Preview the table with the current options."""
        found: TablePreview | str
        try:
            found = await self.state.preview(self.site.services.training)
        except MlappError as error:
            found = error.detail
        # Another table may have been chosen, or the page closed.
        if self.form.is_deleted or self.check.is_outdated:
            return
        self.loading.set_visibility(False)
        if isinstance(found, TablePreview):
            self._show(for_page(found))
        elif self.is_read:
            self.bar.show(found)
        else:
            self.reading.element.set_visibility(True)
            self.reading.show_error(found)
            self.chosen.size.set_text("")
            for element in (self.form, self.head, self.rows):
                element.set_visibility(False)

    def _show(self, found: TablePreview) -> None:
        self.is_read = True
        self.choices.columns = found.columns
        self.state.options.setdefault("target", found.target)
        self.chosen.size.set_text(f"{format_count(found.rows, 'row')}, {format_count(len(found.columns), 'column')}")
        self.reading.show(found.read_as)
        self.reading.element.set_visibility(self.state.file is not None)
        self._show_head(found)
        self.target.show(found)
        self.columns.show(found)
        self.options.show(found)
        self.held_out_rows.show(found)
        self._show_warnings(found)
        self.bar.show(found)
        self.destination.show(found)
        for element in (self.form, self.head):
            element.set_visibility(True)

    def _show_head(self, found: TablePreview) -> None:
        """Draw the first rows, unless they are drawn already."""
        names = [column.name for column in found.columns[:HEAD_COLUMNS]]
        rows = [row[:HEAD_COLUMNS] for row in found.head]
        if (names, rows) != self.shown_rows:
            self.shown_rows = names, rows
            self.rows.clear()
            with self.rows:
                plain_table("First rows", names, rows, page_rows=10).props("translate=no").mark("rows")

    def _show_warnings(self, found: TablePreview) -> None:
        """Draw the warnings about the table, unless they are drawn already."""
        if found.warnings != self.shown_warnings:
            self.shown_warnings = found.warnings
            self.warnings.clear()
            with self.warnings:
                warnings(found.warnings)
