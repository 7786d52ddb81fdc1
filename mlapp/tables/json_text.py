"""JSON and NDJSON → table, strictly: nothing is guessed, rounded or dropped."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NoReturn

import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, UnreadableBody, pointer, shorten
from mlapp.schemas import Format, Scalar
from mlapp.tables.table import Table, check_cells, check_names, check_shape

INT64 = range(-(2**63), 2**63)
SURROGATE = re.compile(rb"\\u[dD][89abAB]")


def parse_json(body: bytes, what: str = "The body") -> Any:
    """Parse strict JSON: UTF-8, no NaN or Infinity, no name twice in an object, no lone surrogates.

    Raises:
        UnreadableBody: it is not that.

    Source: RFC 8259; RFC 7493 (I-JSON) for what is refused beyond it.
    """
    try:
        value = _STRICT.decode(body.decode("utf-8-sig"))
        if SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except UnreadableBody:
        raise
    except UnicodeDecodeError:
        raise UnreadableBody(f"{what} is not UTF-8 text; save it as UTF-8.") from None
    except UnicodeEncodeError:
        raise UnreadableBody(f"{what} holds half a character (a lone surrogate); send whole characters.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"{what} is not JSON: {error.msg} at {place}.") from None
    except ValueError:
        raise UnreadableBody(f"{what} holds a number with thousands of digits; send it as text.") from None
    except RecursionError:
        raise UnreadableBody(f"{what} is nested too deeply; a table is a list of flat objects.") from None
    return value


def json_table(body: dict[str, Any], also: str = "") -> Table:
    """Take the table out of a request body: its `records` or its `columns`.

    Raises:
        Unacceptable: neither or both are there, or they are not a table.
    """
    if ("records" in body) == ("columns" in body):
        raise Unacceptable(
            f"Send exactly one of 'records' (a list of objects) and 'columns' (an object of lists){also}."
        )
    return _records(body["records"]) if "records" in body else _columns(body["columns"])


def ndjson_table(data: bytes) -> Table:
    """Read one JSON object a line; blank lines are skipped."""
    lines = enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1)
    table = _records([parse_json(line, f"Line {number}") for number, line in lines if line.strip()])
    return replace(table, format=Format.NDJSON)


def column_of(name: str, values: list[Any], where: str = "records") -> pl.Series:
    """Make a column of JSON scalars; of mixed ones a column of text, spelled as a CSV spells them.

    Raises:
        Unacceptable: a value is a list or an object.
    """
    kinds = {type(value) for value in values} - {type(None)}
    if kinds - {bool, int, float, str}:
        row = next(i for i, value in enumerate(values) if isinstance(value, (list, dict)))
        place = pointer("records", row, name) if where == "records" else pointer("columns", name, row)
        detail = f"Row {row} of column '{shorten(name)}' is a list or an object; a cell holds one plain value."
        raise Unacceptable(detail, [{"detail": detail, "pointer": place}])
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or value in INT64 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds == {float}:
        return pl.Series(name, values, dtype=pl.Float64)
    # Whole and other numbers side by side are text too, for the category `1` is not `1.0`, whatever stands beside it.
    decimals = pl.Series([value if type(value) is float else None for value in values], dtype=pl.Float64)
    texts = zip(decimals.cast(pl.String), values, strict=True)
    return pl.Series(name, [_spell(value) if text is None else text for text, value in texts], dtype=pl.String)


def _records(records: Any) -> Table:
    if not isinstance(records, list):
        raise Unacceptable(
            "'records' is a list of objects, one a row.", [{"detail": "not a list", "pointer": "/records"}]
        )
    names: dict[str, None] = {}
    for row, record in enumerate(records):
        if not isinstance(record, dict):
            detail = f"Row {row} is not an object; each row is one object of column names and values."
            raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("records", row)}])
        names.update(dict.fromkeys(record))
    check_names(list(names))
    check_shape(len(records), len(names))
    absent = {name: rows for name in names if (rows := _rows_without(name, records))}
    columns = [column_of(name, [record.get(name) for record in records]) for name in names]
    return Table(_frame(columns, len(records)), absent=absent, records=records)


def _columns(columns: Any) -> Table:
    if not isinstance(columns, dict) or not all(isinstance(values, list) for values in columns.values()):
        raise Unacceptable(
            "'columns' is an object of lists, one a column.", [{"detail": "not lists", "pointer": "/columns"}]
        )
    check_names(list(columns))
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise Unacceptable(f"The lists in 'columns' are of different lengths ({min(lengths)} to {max(lengths)}).")
    check_shape(max(lengths, default=0), len(columns))
    series = [column_of(name, values, "columns") for name, values in columns.items()]
    return Table(_frame(series, max(lengths, default=0)), by_columns=True)


def _frame(columns: list[pl.Series], height: int) -> pl.DataFrame:
    # Of an empty list polars makes no rows.
    frame = pl.DataFrame(columns or None, height=height)
    check_cells(frame)
    return frame


def _rows_without(name: str, records: list[dict[str, Any]]) -> list[int]:
    rows = (row for row, record in enumerate(records) if name not in record)
    return [row for row, _ in zip(rows, range(MAX_REPORTED), strict=False)]


def _spell(value: Scalar | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)


def _no_name_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableBody(f"The name '{shorten(twice)}' stands twice in one object; keep one of them.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"{name} is not JSON; send null for a missing value.")


_STRICT = json.JSONDecoder(object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
"""Made once: of the time that a line of NDJSON takes, to make one was half."""
