"""JSON and NDJSON → table, strictly: nothing is guessed, rounded or dropped."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlapp.errors import Unacceptable, UnreadableBody
from mlapp.schemas import Format
from mlapp.tables.formats.json_columns import Columns, Rows
from mlapp.tables.formats.json_pieces import BOM, MAX_VALUE, PIECE, Pieces, scan
from mlapp.tables.table import SO_FAR, Source, Table, check_names, check_shape

TABLES = ("records", "columns")
MAX_OPTIONS = 100
LINE_END = re.compile(rb"\r\n|[\r\n]")
SPACE = " \t\n\r"


def json_table(data: bytes, also: str = "") -> tuple[Table, dict[str, Any]]:
    """Read a body of JSON that has to hold a table.

    Raises:
        Unacceptable: there is none, for which `also` ends the sentence that says what to send.
        MlappError: see `json_body`.
    """
    table, options = json_body(data, also)
    if table is None:
        raise not_one(also)
    return table, options


def json_body(data: bytes, also: str = "") -> tuple[Table | None, dict[str, Any]]:
    """Read a body of JSON: the table in its `records` or its `columns`, if there is one, and its further keys.

    Raises:
        UnreadableBody: it is not strict JSON: UTF-8, no NaN or Infinity, no name twice in an object.
        Unacceptable: both are there, or they are not a table.
        TooLarge: too many rows, columns or cells.

    Source: RFC 8259; RFC 7493 (I-JSON) for what is refused beyond it.
    """
    table: Table | None = None
    options: dict[str, Any] = {}
    with _strict(lambda: "The body"):
        body = Pieces(data)
        if body.peek() != "{":
            body.value()
            body.end()
            raise Unacceptable(f"The body is an object with 'records' or 'columns'{also}.")
        for name in body.members():
            if name not in TABLES:
                options[name] = body.value()
                if len(options) > MAX_OPTIONS:
                    raise Unacceptable(f"There are more than {MAX_OPTIONS} options; leave out what is none.")
            elif table:
                raise not_one(also)
            else:
                table = _records(body, data) if name == "records" else _columns(body)
        body.end()
    return table, options


def ndjson_table(data: bytes) -> Table:
    """Read one JSON object a line; blank lines are skipped.

    Raises:
        MlappError: see `json_table`.
    """
    rows, source = Rows(), Source(data, _parse_lines)
    start, number = len(BOM) if data.startswith(BOM) else 0, 1
    while start < len(data):
        found = LINE_END.search(data, start + PIECE, start + PIECE + MAX_VALUE)
        end = found.end() if found else len(data)
        if end - start > PIECE + MAX_VALUE:
            number += len(LINE_END.findall(data, start, start + PIECE))
            raise UnreadableBody(f"Line {number} is longer than {MAX_VALUE:,} bytes; each line is one row.")
        records, number = _lines(data[start:end], number)
        source.add(len(records), start, end)
        rows.add(records, end - start)
        start = end
    frame, absent = rows.finish()
    return Table(frame, Format.NDJSON, absent=absent, source=source)


def _lines(piece: bytes, number: int) -> tuple[list[Any], int]:
    """Return the rows in some lines, and the number of the line that comes next."""
    lines = piece.splitlines()
    rows = []
    place = number
    with _strict(lambda: f"Line {place}"):
        for place, line in enumerate(lines if piece.strip() else [], number):  # noqa: B007 - said where it is wrong
            if line.strip():
                rows.append(_whole(line.decode()))
    return rows, number + len(lines)


def _whole(text: str) -> Any:
    """Parse a text that is one value."""
    start = len(text) - len(text.lstrip(SPACE))
    value, end = scan(text, start)
    if text[end:].strip(SPACE):
        raise json.JSONDecodeError("Extra data", text, len(text) - len(text[end:].lstrip(SPACE)))
    return value


def _parse_lines(piece: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in piece.splitlines() if line.strip()]


def _parse_list(piece: bytes) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(b"[" + piece + b"]")
    return records


def _records(body: Pieces, data: bytes) -> Table:
    if body.peek() != "[":
        body.value()
        raise Unacceptable(
            "'records' is a list of objects, one a row.", [{"detail": "not a list", "pointer": "/records"}]
        )
    rows, source, start = Rows(), Source(data, _parse_list), body.place + 1
    for records in body.batches():
        source.add(len(records), start, body.place)
        rows.add(records, body.place - start)
        # After what ended is a comma or the end.
        body.peek()
        start = body.place + 1
    frame, absent = rows.finish()
    return Table(frame, absent=absent, source=source)


def _columns(body: Pieces) -> Table:
    columns = Columns()
    if body.peek() != "{":
        body.value()
        raise _not_lists()
    for number, name in enumerate(body.members(), 1):
        check_shape(0, number, SO_FAR)
        if body.peek() != "[":
            body.value()
            raise _not_lists()
        check_names([*columns.lengths, name])
        columns.begin(name)
        for values in body.batches():
            columns.add(values)
        columns.end()
    return Table(columns.finish(), by_columns=True)


def _not_lists() -> Unacceptable:
    return Unacceptable(
        "'columns' is an object of lists, one a column.", [{"detail": "not lists", "pointer": "/columns"}]
    )


def not_one(also: str) -> Unacceptable:
    """Return the error about a body without a table, or with two."""
    return Unacceptable(f"Send exactly one of 'records' (a list of objects) and 'columns' (an object of lists){also}.")


@contextmanager
def _strict(what: Callable[[], str]) -> Iterator[None]:
    """Say what is wrong with JSON that cannot be parsed."""
    try:
        yield
    except UnreadableBody:
        raise
    except UnicodeDecodeError:
        raise UnreadableBody(f"{what()} is not UTF-8 text; save it as UTF-8.") from None
    except UnicodeEncodeError:
        raise UnreadableBody(f"{what()} holds half a character (a lone surrogate); send whole characters.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"{what()} is not JSON: {error.msg} at {place}.") from None
    except ValueError:
        raise UnreadableBody(f"{what()} holds a number with thousands of digits; send it as text.") from None
    except RecursionError:
        raise UnreadableBody(f"{what()} is nested too deeply; a table is a list of flat objects.") from None
