"""Strict JSON reader: tables as records or columns, and the options next to them."""

import gc
import json
import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, json_too_large, pointer, shorten
from mlapp.schemas import MAX_JSON_BYTES
from mlapp.tables.formats.typed_columns import typed_table
from mlapp.tables.strict_json import BOM, parse
from mlapp.tables.table import MAX_CELL_BYTES, Table, check_names, check_shape, text_too_long

SCALAR_TYPES = {bool, int, float, str, type(None)}
MAX_OPTIONS = 100
LARGE_BYTES = 1_000_000
"""Larger bodies are parsed one at a time, as Python objects take many times their size."""

_large_body_lock = threading.Lock()


class JsonRows(NamedTuple):
    """The unchecked table of a JSON body: `records`, a list of objects, or `columns`, an object of lists.

    Columns that come from tensors may be series.
    """

    records: Any = None
    columns: Any = None

    def table(self) -> Table:
        """Return the table.

        Raises:
            Unacceptable: there is no table, or it is invalid.
            TooLarge: there are too many rows, columns or cells.
        """
        if self.records is not None:
            return records_table(self.records)
        if self.columns is not None:
            return _columns_table(self.columns)
        raise one_table_expected()


NO_ROWS = JsonRows()


def json_rows(data: bytes, alternative: str = "", *, flat: bool = False) -> tuple[JsonRows, dict[str, Any]]:
    """Parse a JSON body: the table in `records` or `columns`, if there is one, and the other keys.

    A list of objects is a table, too, and so are objects one after another (NDJSON); with `flat`, a single object of
    plain values is one row. `alternative` is added to messages that require a table.

    Raises:
        UnreadableBody: the body is not strict JSON: UTF-8, no NaN or Infinity, no duplicate names in an object.
        Unacceptable: the body has two tables, too many keys, or a table in another form.
        TooLarge: the body is too long.

    Source: RFC 8259; RFC 7493 (I-JSON) for further restrictions.
    """
    if len(data) > MAX_JSON_BYTES:
        raise json_too_large()
    body = _parse_body(data)
    if type(body) is list:
        return JsonRows(body), {}
    if type(body) is not dict:
        raise Unacceptable(f"The body must be an object with 'records' or 'columns'{alternative}.")
    records, columns = body.pop("records", None), body.pop("columns", None)
    if records is not None and columns is not None:
        raise one_table_expected(alternative)
    if records is None and (columns is None or type(columns) is list):
        _reject_pandas(body, columns)
        if flat and columns is None and body and SCALAR_TYPES.issuperset(map(type, body.values())):
            return JsonRows([body]), {}
    if len(body) > MAX_OPTIONS:
        raise Unacceptable(f"There are more than {MAX_OPTIONS} options; remove those that do not exist.")
    return JsonRows(records, columns), body


def _parse_body(data: bytes) -> Any:
    """Parse strict JSON, or several objects on a line each."""
    try:
        return parse(data, "The body")
    except UnreadableBody as error:
        if not isinstance(error.__context__, json.JSONDecodeError) or error.__context__.msg != "Extra data":
            raise
        lines = [line for line in data.removeprefix(BOM).splitlines() if line.strip()]
        try:
            return [parse(line, "The body") for line in lines]
        except UnreadableBody:
            raise error from None


def _reject_pandas(body: dict[str, Any], columns: Any) -> None:
    """Reject the forms in which pandas writes a table by default."""
    frames = [each for each in body.values() if type(each) is dict]
    is_split = type(columns) is list and type(body.get("data")) is list
    is_nested = columns is None and len(frames) == len(body) > 0 and len({frozenset(each) for each in frames}) == 1
    if is_split or is_nested:
        raise Unacceptable("The table is in another form of pandas' to_json; send df.to_json(orient='records').")


def json_body(data: bytes, alternative: str = "", *, flat: bool = False) -> tuple[Table | None, dict[str, Any]]:
    """Read a JSON body as `json_rows` does, and return the table, if there is one, and the other keys.

    Raises:
        MlappError: see `json_rows` and `JsonRows.table`.
    """
    return read_json_rows(lambda: json_rows(data, alternative, flat=flat), len(data))


def read_json_rows(
    read: Callable[[], tuple[JsonRows, dict[str, Any]]], size: int
) -> tuple[Table | None, dict[str, Any]]:
    """Return the table and the other keys that `read` makes of a body, by its size in bytes; large ones in turn.

    Raises:
        MlappError: see `read` and `JsonRows.table`.
    """
    with _one_at_a_time() if size > LARGE_BYTES else nullcontext():
        rows, options = read()
        table = None if rows == NO_ROWS else rows.table()
        if table and size > MAX_CELL_BYTES:
            _check_texts(table)
    return table, options


def json_table(data: bytes) -> tuple[Table, dict[str, Any]]:
    """Read a JSON body with a table, and return its other keys, too.

    Raises:
        MlappError: see `json_body`; or there is no table.
    """
    table, options = json_body(data, flat=True)
    if table is None:
        raise one_table_expected()
    return table, options


def records_table(records: Any, first: int = 0) -> Table:
    """Return a table of records; error messages count rows from `first`.

    Raises:
        Unacceptable: the value is not a list of objects with plain values.
        TooLarge: there are too many rows, columns or cells.
    """
    if type(records) is not list:
        raise Unacceptable(
            "'records' must be a list of objects, one per row, as of pandas' df.to_dict('records').",
            [{"detail": "not a list", "pointer": "/records"}],
        )
    names: dict[str, Any] = {}
    for row, record in enumerate(records, first):
        if type(record) is not dict:
            detail = f"Row {row} is not an object; each row must be an object of column names and values."
            raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("records", row)}])
        if record.keys() != names.keys():
            names.update(record)
    check_shape(len(records), len(names))
    check_names(list(names))
    table = Table(records=records, names=list(names), absent=absent_rows(records, names))
    table.nested = _nested({name: table.values(name) or [] for name in names}, first)
    return table


def absent_rows(records: list[dict[str, Any]], names: Collection[str]) -> dict[str, Sequence[int]]:
    """Return the rows without each name that some records lack."""
    count, absent = len(names), dict[str, Sequence[int]]()
    lacking = [row for row, record in enumerate(records) if len(record) < count]
    for name in names if lacking else ():
        # An array takes half the memory of a list.
        if rows := array("I", (row for row in lacking if name not in records[row])):
            absent[name] = rows
    return absent


def _nested(columns: dict[str, list[Any]], first: int = 0) -> dict[str, int]:
    """Return the columns with a list or an object in a cell, and the first row of one."""
    nested = {}
    for name, values in columns.items():
        if not SCALAR_TYPES.issuperset(map(type, values)):
            nested[name] = next(row for row, value in enumerate(values, first) if type(value) not in SCALAR_TYPES)
    return nested


def require_plain(table: Table, names: Iterable[str]) -> None:
    """Reject a table in which one of the columns has a list or an object in a cell.

    Raises:
        Unacceptable: there is one.
    """
    for name in names:
        if (row := table.nested.get(name)) is not None:
            place = f"{table.place(row)} of column '{shorten(name)}'"
            detail = f"{place} is a list or an object; each cell must be a plain value."
            raise Unacceptable(detail, [{"detail": detail, "pointer": table.pointer(row, name)}])


def leave_out_nested(table: Table, needed: Iterable[str]) -> None:
    """Leave out the columns with lists or objects in cells, for training, and report them.

    Raises:
        Unacceptable: one of them is needed.
    """
    require_plain(table, needed)
    if table.nested:
        table.frame = table.frame.drop(table.nested)
        left_out = [f"Column '{shorten(name)}' has lists or objects; it is left out." for name in table.nested]
        table.read_as = table.read_as.model_copy(update={"left_out": [*table.read_as.left_out, *left_out]})


def one_table_expected(alternative: str = "") -> Unacceptable:
    """Return the error for a body without a table, or with two."""
    tables = "'records' (a list of objects) and 'columns' (an object of lists)"
    return Unacceptable(f"Send exactly one of {tables}{alternative}.")


def _columns_table(columns: Any) -> Table:
    if type(columns) is dict and any(isinstance(values, pl.Series) for values in columns.values()):
        return typed_table(columns)
    if type(columns) is not dict or not all(type(values) is list for values in columns.values()):
        raise Unacceptable(
            "'columns' must be an object of lists, one per column, as of pandas' df.to_dict('list').",
            [{"detail": "not lists", "pointer": "/columns"}],
        )
    lengths = set(map(len, columns.values()))
    if len(lengths) > 1:
        raise Unacceptable(f"The lists in 'columns' have different lengths ({min(lengths)} to {max(lengths)}).")
    check_shape(max(lengths, default=0), len(columns))
    check_names(list(columns))
    return Table(values=columns, nested=_nested(columns))


def _check_texts(table: Table) -> None:
    for name in table.names:
        for row, value in enumerate(table.values(name) or []):
            if type(value) is str and len(value) > MAX_CELL_BYTES // 4 and len(value.encode()) > MAX_CELL_BYTES:
                detail = text_too_long(f"{table.place(row)} of column '{shorten(name)}'")
                raise Unacceptable(detail, [{"detail": detail, "pointer": table.pointer(row, name)}])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the lock for large bodies, with the garbage collector disabled.

    With it enabled, parsing three million lists blocked all other threads for half a second.
    """
    with _large_body_lock:
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
