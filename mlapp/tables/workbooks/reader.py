"""Workbook reader: xlsx, xlsm, xls, xlsb and ods, the first sheet that holds a table or the one asked for."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, UnsupportedType, shorten
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.table import Table, check_cells, check_names, check_shape
from mlapp.tables.workbooks.bounds import MAX_AREA, area_too_large, check_container
from mlapp.tables.workbooks.cells import SECONDS, in_seconds, read_columns, read_head

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Head = list[list[str | None]]

HEAD_ROWS = 50
"""Rows in which the header is searched, and by which a sheet is judged."""
MAX_LISTED = 20
"""Sheets that an error lists."""


def workbook_table(data: bytes, options: FileOptions, *, training: bool = False) -> Table:  # noqa: ARG001
    """Read a sheet of a workbook. Formulas have the values that were saved with them; errors are missing values.

    Raises:
        UnreadableBody: the file is damaged.
        UnsupportedType: it is encrypted, or no workbook.
        Unacceptable: it has no such sheet, or no sheet with a table.
        TooLarge: it unpacks to too much, or the sheet is too large.
    """
    # Imported here, as few servers ever read a workbook.
    from python_calamine import CalamineError, PasswordError, load_workbook

    check_container(data)
    try:
        with load_workbook(io.BytesIO(data)) as workbook:
            sheet, head = _find_sheet(workbook, options.sheet)
            return _read(sheet, head, workbook.sheet_names, options)
    except PasswordError:
        raise UnsupportedType("The workbook is encrypted; save it without a password and send it again.") from None
    except CalamineError as error:
        raise UnreadableBody(
            f"The workbook cannot be read ({shorten(error)}); open it, save it as .xlsx and send it again."
        ) from None


def _find_sheet(workbook: "CalamineWorkbook", name: str | None) -> "tuple[CalamineSheet, Head]":
    """Return the sheet of that name, else the first that holds a table, and its first rows."""
    if name is not None:
        if name not in workbook.sheet_names:
            listed = ", ".join(f"'{shorten(each)}'" for each in workbook.sheet_names[:MAX_LISTED])
            raise Unacceptable(f"The workbook has no sheet '{shorten(name)}'; its sheets are: {listed}.")
        sheet = workbook.get_sheet_by_name(name)
        return sheet, read_head(sheet, HEAD_ROWS)
    fallback = None
    for sheet in _sheets(workbook):
        head = read_head(sheet, HEAD_ROWS)
        if _is_table(head):
            return sheet, head
        fallback = fallback or ((sheet, head) if len(head) > 1 else None)
    if fallback is None:
        raise Unacceptable("The workbook has no sheet with a table: column names in one row, and rows below it.")
    return fallback


def _sheets(workbook: "CalamineWorkbook") -> Iterator["CalamineSheet"]:
    """Yield the sheets of cells, the hidden ones last."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    for sheet in sorted(sheets, key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible):
        yield workbook.get_sheet_by_name(sheet.name)


def _is_table(head: Head) -> bool:
    """Return whether most rows have several cells, as opposed to notes."""
    counts = [len(row) - row.count(None) for row in head]
    wide = sum(count > 1 for count in counts)
    return wide > 1 and 2 * wide > sum(count > 0 for count in counts)


def _read(sheet: "CalamineSheet", head: Head, sheets: list[str], options: FileOptions) -> Table:
    if sheet.height * sheet.width > MAX_AREA:
        raise area_too_large(sheet.height, sheet.width)
    check_shape(sheet.height, sheet.width)
    first_row = sheet.start[0] if sheet.start else 0
    names = [name or "" for name in next(iter(head), [])]
    frame, warnings = _frame(names, read_columns(sheet, first_row + 1))
    check_cells(frame)
    read_as = ReadAs(
        format=Format.WORKBOOK, sheet=sheet.name, sheets=sheets, header_row=first_row + 1, warnings=warnings
    )
    return Table(frame, read_as, options=options, lines=range(first_row + 2, first_row + 2 + frame.height))


def _frame(names: list[str], columns: list[pl.Series]) -> tuple[pl.DataFrame, list[str]]:
    """Return the named columns, and warnings; blank columns without a name are no columns."""
    kept = {
        number: column for number, column in enumerate(columns) if names[number] or column.null_count() < len(column)
    }
    check_names([names[number] for number in kept])
    warnings = [
        f"Column '{shorten(names[number])}' has times or durations, which are read as seconds."
        for number, column in kept.items()
        if column.dtype in SECONDS
    ]
    plain = [
        (in_seconds(column) if column.dtype in SECONDS else column).alias(names[number])
        for number, column in kept.items()
    ]
    return pl.DataFrame(plain), warnings
