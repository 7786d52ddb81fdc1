"""Workbook reader: xlsx, xlsm, xls, xlsb and ods, the first sheet that holds a table or the one asked for."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, shorten
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.dialects.cells import kind_of
from mlapp.tables.dialects.header import Header, check_header_names, find_header
from mlapp.tables.dialects.layout import above_sentence, lay_out
from mlapp.tables.table import Table, check_cells, check_shape
from mlapp.tables.workbooks.bounds import MAX_AREA, area_too_large, check_container
from mlapp.tables.workbooks.cells import SECONDS, as_seconds, read_columns, read_head

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Head = list[list[str | None]]

HEAD_ROWS = 50
"""Rows in which the header is searched, and by which a sheet is judged."""
MIN_TRAINING_ROWS = 10
MAX_LISTED = 20
"""Sheets that an error lists."""


def workbook_table(data: bytes, options: FileOptions, *, training: bool = False) -> Table:
    """Read a sheet of a workbook. Formulas have the values that were saved with them; errors are missing values.

    Raises:
        UnreadableBody: the file is damaged.
        UnsupportedType: it is encrypted, or no workbook.
        Unacceptable: it has no such sheet, or no sheet with a table.
        TooLarge: it unpacks to too much, or the sheet is too large.
    """
    # Imported here, as few servers ever read a workbook.
    from python_calamine import CalamineError, load_workbook

    check_container(data)
    try:
        with load_workbook(io.BytesIO(data)) as workbook:
            sheet, head = _find_sheet(workbook, options.sheet, MIN_TRAINING_ROWS if training else 0)
            return _read(sheet, head, workbook.sheet_names, options, training=training)
    except BaseException as error:
        # PanicException, which cannot be imported, is no Exception.
        if not isinstance(error, CalamineError) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableBody(
            f"The workbook cannot be read ({shorten(error)}); open it, save it as .xlsx and send it again."
        ) from None


def _find_sheet(workbook: "CalamineWorkbook", name: str | None, min_rows: int) -> "tuple[CalamineSheet, Head]":
    """Return the sheet of that name, else the first that holds a table, and its first rows.

    Sheets of fewer than `min_rows` rows are only taken if there are no others, and so are lists of a single column.
    """
    if name is not None:
        if name not in workbook.sheet_names:
            listed = ", ".join(f"'{shorten(each)}'" for each in workbook.sheet_names[:MAX_LISTED])
            raise Unacceptable(f"The workbook has no sheet '{shorten(name)}'; its sheets are: {listed}.")
        sheet = workbook.get_sheet_by_name(name)
        return sheet, read_head(sheet, HEAD_ROWS)
    others: list[tuple[bool, str, Head]] = []
    for sheet in _sheets(workbook):
        head = read_head(sheet, HEAD_ROWS)
        is_table = _is_table(head)
        if is_table and sheet.height > min_rows:
            return sheet, head
        if len(head) > 1 and len(others) < MAX_LISTED:
            others.append((is_table, sheet.name, head))
    if not others:
        raise Unacceptable("The workbook has no sheet with a table: column names in one row, and rows below it.")
    _, found, head = max(others, key=lambda other: other[0])
    return workbook.get_sheet_by_name(found), head


def _sheets(workbook: "CalamineWorkbook") -> Iterator["CalamineSheet"]:
    """Yield the sheets of cells, the hidden ones last."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    for sheet in sorted(sheets, key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible):
        yield workbook.get_sheet_by_name(sheet.name)


def _is_table(head: Head) -> bool:
    """Return whether most rows have several cells, as opposed to notes, and to lists of names and values."""
    rows = [[cell for cell in row if cell is not None] for row in head]
    wide = [row for row in rows if len(row) > 1]
    if len(wide) < 2 or 2 * len(wide) <= sum(map(bool, rows)):
        return False
    kinds = {kind_of(row[1]) for row in wide[1:]} - {"mark"}
    return len(kinds) < 2 or max(map(len, wide)) > 2


def _read(sheet: "CalamineSheet", head: Head, sheets: list[str], options: FileOptions, *, training: bool) -> Table:
    first_row, last_row = (sheet.start or (0, 0))[0], (sheet.end or (0, 0))[0]
    if (last_row + 1) * sheet.width > MAX_AREA:
        raise area_too_large(last_row + 1, sheet.width)
    check_shape(sheet.height, sheet.width)
    header = _header(sheet, head, first_row, options.header_row)
    check_header_names(header.names)
    columns, is_mixed = read_columns(sheet, first_row + header.first)
    names = header.names + [""] * (sheet.width - len(header.names))
    warnings = [
        f"Column '{shorten(names[number])}' has times or durations, which are read as seconds."
        for number, column in enumerate(columns)
        if column.dtype in SECONDS
    ]
    frame = pl.DataFrame(
        [(as_seconds(each) if each.dtype in SECONDS else each).alias(str(n)) for n, each in enumerate(columns)]
    )
    first = first_row + header.first + 1
    second = [row - header.first for row in header.second]
    rows = range(first, first + frame.height)
    laid_out = lay_out(frame, names, rows, second=second, training=training, needed=options.needed_columns, unit="row")
    check_cells(laid_out.frame)
    above = above_sentence([(first_row + row + 1, head[row]) for row in header.above], "row")
    read_as = ReadAs(
        format=Format.WORKBOOK,
        sheet=sheet.name,
        sheets=sheets,
        header_row=0 if header.row < 0 else first_row + header.row + 1,
        left_out=above + laid_out.left_out,
        warnings=warnings + laid_out.warnings,
    )
    lines = rows if laid_out.kept is None else (laid_out.kept + first).to_list()
    return Table(
        laid_out.frame,
        read_as,
        options=options,
        lines=lines,
        problems=laid_out.problems,
        mixed={name for name, mixed in zip(names, is_mixed, strict=True) if mixed},
    )


def _header(sheet: "CalamineSheet", head: Head, first_row: int, header_row: int | None) -> Header:
    """Return the header; `header_row` is its number in the sheet, 0 if there is none."""
    if not header_row:
        return find_header(head, None if header_row is None else -1)
    index = header_row - 1 - first_row
    if index >= len(head):
        head += read_head(sheet, index + HEAD_ROWS)[len(head) :]
    if not 0 <= index < len(head):
        raise Unacceptable(
            f"The cells of sheet '{shorten(sheet.name)}' are in rows {first_row + 1:,} to {first_row + len(head):,}, "
            f"so row {header_row:,} cannot have the names of the columns; choose another 'header_row'."
        )
    return find_header(head, index)
