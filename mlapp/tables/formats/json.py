"""Strict JSON reader: tables as records or columns, and the options next to them."""

import gc
import json
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple, NoReturn

from mlapp.errors import MAX_REPORTED, Unacceptable, UnreadableBody, json_too_large, pointer, shorten
from mlapp.schemas import MAX_JSON_BYTES
from mlapp.tables.table import MAX_CELL_BYTES, Table, check_names, check_shape, text_too_long

BOM = b"\xef\xbb\xbf"
SPACE = " \t\n\r"
SCALAR_TYPES = {bool, int, float, str, type(None)}
MAX_OPTIONS = 100
LARGE_BYTES = 1_000_000
"""Larger bodies are parsed one at a time, as Python objects take many times their size."""
INTERRUPTIBLE_BYTES = 5_000_000
"""Smaller bodies block other threads for less than 70 ms."""

SURROGATE = re.compile(r"\\u[dD][89abAB]")

_large_body_lock = threading.Lock()


class JsonRows(NamedTuple):
    """The unchecked table of a JSON body: `records`, a list of objects, or `columns`, an object of lists."""

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


def json_rows(data: bytes, alternative: str = "") -> tuple[JsonRows, dict[str, Any]]:
    """Parse a JSON body: the table in `records` or `columns`, if there is one, and the other keys.

    `alternative` is added to messages that require a table.

    Raises:
        UnreadableBody: the body is not strict JSON: UTF-8, no NaN or Infinity, no duplicate names in an object.
        Unacceptable: the body has two tables, or too many keys.
        TooLarge: the body is too long.

    Source: RFC 8259; RFC 7493 (I-JSON) for further restrictions.
    """
    if len(data) > MAX_JSON_BYTES:
        raise json_too_large()
    body = parse(data, "The body")
    if type(body) is not dict:
        raise Unacceptable(f"The body must be an object with 'records' or 'columns'{alternative}.")
    rows = JsonRows(body.pop("records", None), body.pop("columns", None))
    if len(body) > MAX_OPTIONS:
        raise Unacceptable(f"There are more than {MAX_OPTIONS} options; remove those that do not exist.")
    if rows.records is not None and rows.columns is not None:
        raise one_table_expected(alternative)
    return rows, body


def json_body(data: bytes, alternative: str = "") -> tuple[Table | None, dict[str, Any]]:
    """Read a JSON body as `json_rows` does, and return the table, if there is one, and the other keys.

    Raises:
        MlappError: see `json_rows` and `JsonRows.table`.
    """
    with _one_at_a_time() if len(data) > LARGE_BYTES else nullcontext():
        rows, options = json_rows(data, alternative)
        table = None if rows == NO_ROWS else rows.table()
        if table and len(data) > MAX_CELL_BYTES:
            _check_texts(table)
    return table, options


def json_table(data: bytes) -> tuple[Table, dict[str, Any]]:
    """Read a JSON body with a table, and return its other keys, too.

    Raises:
        MlappError: see `json_body`; or there is no table.
    """
    table, options = json_body(data)
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
            "'records' must be a list of objects, one per row.", [{"detail": "not a list", "pointer": "/records"}]
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
    table = Table(records=records, names=list(names), absent=_absent(records, names))
    for name in names:
        values = table.values(name) or []
        if not SCALAR_TYPES.issuperset(map(type, values)):
            row = next(row for row, value in enumerate(values, first) if type(value) not in SCALAR_TYPES)
            raise _not_a_scalar(row, name, pointer("records", row, name))
    return table


def _absent(records: list[dict[str, Any]], names: Collection[str]) -> dict[str, list[int]]:
    """Return the first rows without each name that some records lack."""
    count, absent = len(names), {}
    lacking = [row for row, record in enumerate(records) if len(record) < count]
    for name in names if lacking else ():
        if rows := [row for row in lacking if name not in records[row]][:MAX_REPORTED]:
            absent[name] = rows
    return absent


def parse(data: bytes, what: str) -> Any:
    """Parse strict JSON; `what` names the text in error messages.

    Raises:
        UnreadableBody: the text is not strict JSON.
    """
    try:
        text = data.removeprefix(BOM).decode()
        value = (STRICT if len(text) <= INTERRUPTIBLE_BYTES else _INTERRUPTIBLE).decode(text)
        if "\\u" in text and SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise UnreadableBody(f"{what} is not UTF-8 text; save it as UTF-8.") from None
    except UnicodeEncodeError:
        raise UnreadableBody(f"{what} has a lone surrogate, half of a character; send whole characters.") from None
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"{what} is not JSON: {error.msg} at {position}.") from None
    except ValueError:
        raise UnreadableBody(f"{what} has a number with thousands of digits; send it as text.") from None
    except RecursionError:
        raise UnreadableBody(f"{what} is nested too deeply; send a list of flat objects.") from None
    return value


def one_table_expected(alternative: str = "") -> Unacceptable:
    """Return the error for a body without a table, or with two."""
    tables = "'records' (a list of objects) and 'columns' (an object of lists)"
    return Unacceptable(f"Send exactly one of {tables}{alternative}.")


def _columns_table(columns: Any) -> Table:
    if type(columns) is not dict or not all(type(values) is list for values in columns.values()):
        raise Unacceptable(
            "'columns' must be an object of lists, one per column.", [{"detail": "not lists", "pointer": "/columns"}]
        )
    lengths = set(map(len, columns.values()))
    if len(lengths) > 1:
        raise Unacceptable(f"The lists in 'columns' have different lengths ({min(lengths)} to {max(lengths)}).")
    check_shape(max(lengths, default=0), len(columns))
    check_names(list(columns))
    for name, values in columns.items():
        if not SCALAR_TYPES.issuperset(map(type, values)):
            row = next(row for row, value in enumerate(values) if type(value) not in SCALAR_TYPES)
            raise _not_a_scalar(row, name, pointer("columns", name, row))
    return Table(values=columns)


def _not_a_scalar(row: int, name: str, place: str) -> Unacceptable:
    detail = f"Row {row} of column '{shorten(name)}' is a list or an object; each cell must be a plain value."
    return Unacceptable(detail, [{"detail": detail, "pointer": place}])


def _check_texts(table: Table) -> None:
    for name in table.names:
        texts = (value for value in table.values(name) or [] if type(value) is str)
        if any(len(text) > MAX_CELL_BYTES // 4 and len(text.encode()) > MAX_CELL_BYTES for text in texts):
            raise text_too_long(name)


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


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise UnreadableBody(f"The name '{shorten(name)}' is given twice in one object; remove one of them.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"{name} is not JSON; send null for a missing value.")


def _int(text: str) -> int:
    return int(text)


STRICT = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
"""Created once, as creating one takes half as long as parsing a line of NDJSON."""
_INTERRUPTIBLE = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_int)
"""Calls Python for every integer, so that other threads can run: five million of them blocked these for 130 ms."""
