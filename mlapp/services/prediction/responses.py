"""Reading of request bodies and writing of responses, as JSON or files. CPU-bound, so large ones run in a thread."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from mlapp import ml, tables
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Format, Model, PredictionPreview, PredictOptions
from mlapp.services.options import merge_options, predict_options

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import polars as pl

    from mlapp.ml.data.validation import Warnings

    AddRows = Callable[[Model, np.ndarray, np.ndarray], None]
    """Takes the model, encoded rows and their predictions; see `TrafficRecorder.add_rows`."""

CHUNK_ROWS = 10_000
"""Rows of a file that are written at a time."""
JSON_CHUNK_ROWS = 5_000
"""Rows of a JSON response that are serialized at a time."""
ONE_PIECE_BYTES = 100_000
PROBLEM = "problem"
"""Column of response files that says why a row has no prediction."""
LISTS = ("predictions", "lower", "upper", "probabilities")
"""Fields of a JSON response with a value for each row."""
_VALUES = TypeAdapter(list[Any])


Formats = Mapping[Format, Format]
"""Format of a response by that of the body."""
AS_SENT: Formats = {format_: format_ for format_ in Format}
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0", b"PAR1", b"ARROW1")
"""First bytes of files that may be much larger than they are long: gzip, zip, zstd, xls, Parquet, Arrow."""


class Body(NamedTuple):
    """A request body: a table to predict."""

    data: bytes
    format: Format | None = None
    """The format by content type or name; a hint, as files are recognized by their content."""
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """Options outside the body, as sent; see `PredictOptions`."""


class EncodedTable(NamedTuple):
    """A table that was read, encoded and validated."""

    table: "tables.Table"
    x: "np.ndarray"
    """Encoded features, (rows, features)."""
    warnings: "Warnings"
    problems: "pl.Series | None"
    """Why rows cannot be predicted, (rows,), null for all others; None if all can be."""


def read_json(data: bytes) -> "tuple[tables.JsonRows, dict[str, Any]]":
    """Read a JSON body: its table and other keys.

    Raises:
        MlappError: the body is not valid JSON, or has no table.
    """
    return tables.json_rows(data, flat=True)


def read_table(body: Body) -> "tuple[tables.Table, PredictOptions]":
    """Read a body: its table, and the options in the body and outside of it.

    Raises:
        MlappError: the body cannot be read, or an option is invalid.
    """
    options = predict_options(body.options)
    table, keys = tables.read_request(body.data, body.format, options)
    if keys:
        table.options = options = predict_options(merge_options(body.options, keys))
    return table, options


def encode_table(
    fitted: "ml.FittedModel", table: "tables.Table", options: PredictOptions, *, strict: bool = False
) -> EncodedTable:
    """Encode and validate all rows of a table.

    Raises:
        Unacceptable: rows cannot be predicted, unless they are to be skipped.
    """
    encoded = fitted.encoder.encode_rows(table)
    if options.bad_rows == "refuse":
        ml.reject_rows(table, encoded.invalid)
    warnings = fitted.validator.table_warnings(table, encoded)
    if strict:
        fitted.validator.reject_unusual(table, warnings)
    return EncodedTable(table, encoded.x, warnings, ml.problems_of(table, encoded.invalid))


def check_file(fitted: "ml.FittedModel", encoded: EncodedTable) -> None:
    """Check that the columns of a response file have distinct names.

    Raises:
        Unacceptable: a column has the name of a column that is added.
    """
    for name in [*fitted.column_names, *([PROBLEM] if encoded.problems is not None else [])]:
        if name in encoded.table.names:
            raise Unacceptable(
                f"The table has a column '{shorten(name)}', which the response adds; rename it or leave it out."
            )


def write_json(fitted: "ml.FittedModel", encoded: EncodedTable, add_rows: "AddRows") -> list[bytes]:
    """Predict rows, and return the JSON response in pieces.

    Rows are serialized in chunks, so that not all of them exist as Python objects at the same time.
    """
    if encoded.problems is not None:
        row = encoded.problems.is_not_null().arg_max() or 0
        raise Unacceptable(
            f"{encoded.table.place(row)} cannot be predicted: {encoded.problems[row]} "
            "A JSON response has a prediction for each row; request a file, such as by 'Accept: text/csv'."
        )
    lists: dict[str, list[bytes]] = {}
    for start in range(0, len(encoded.x), JSON_CHUNK_ROWS):
        x = encoded.x[start : start + JSON_CHUNK_ROWS]
        predicted = fitted.predict(x)
        add_rows(fitted.model, x, predicted)
        answer = fitted.answer(predicted, encoded.warnings)
        for name in LISTS:
            if (values := getattr(answer, name)) is not None:
                lists.setdefault(name, []).append(_VALUES.dump_json(values)[1:-1])
                setattr(answer, name, [])
    return _insert(answer.model_dump_json().encode(), lists)


def _insert(text: bytes, lists: dict[str, list[bytes]]) -> list[bytes]:
    """Insert values into the empty lists of a JSON text, and return it in pieces."""
    pieces = []
    for name in sorted(lists, key=lambda name: text.index(b'"%s":[]' % name.encode())):
        before, text = text.split(b'"%s":[]' % name.encode(), 1)
        pieces.append(before + b'"%s":[' % name.encode())
        for number, values in enumerate(lists[name]):
            pieces += [b",", values] if number else [values]
        text = b"]" + text
    # A small response is one piece, so that it is sent in one chunk.
    return [b"".join([*pieces, text])] if sum(map(len, pieces)) < ONE_PIECE_BYTES else [*pieces, text]


def parts_of(encoded: EncodedTable, format_: Format) -> list[slice]:
    """Return the ranges of rows that are written at a time."""
    # Other formats are written in one piece, as their index is at the end.
    size = CHUNK_ROWS if format_ in (Format.CSV, Format.NDJSON) else len(encoded.x)
    return [slice(start, start + size) for start in range(0, len(encoded.x), size)]


def write_file(
    fitted: "ml.FittedModel", encoded: EncodedTable, format_: Format, part: slice, add_rows: "AddRows"
) -> bytes:
    """Predict some of the rows, and write them with their predictions."""
    x, predicted = encoded.x[part], fitted.predict(encoded.x[part])
    if encoded.problems is None:
        add_rows(fitted.model, x, predicted)
    elif (good := encoded.problems[part].is_null().to_numpy()).any():
        add_rows(fitted.model, x[good], predicted[good])
    return tables.write_rows(encoded.table, part, _added(fitted, encoded, part, predicted), format_)


def _added(fitted: "ml.FittedModel", encoded: EncodedTable, part: slice, predicted: "np.ndarray") -> "pl.DataFrame":
    """Return the columns that the response adds; rows with a problem have no prediction."""
    columns = fitted.columns(predicted)
    if encoded.problems is None:
        return columns
    problems = encoded.problems[part].alias(PROBLEM)
    good, none = problems.is_null(), columns.clear(columns.height)
    return columns.select(column.zip_with(good, none[column.name]) for column in columns).hstack([problems])


def preview(fitted: "ml.FittedModel", table: "tables.Table", options: PredictOptions, count: int) -> PredictionPreview:
    """Validate a whole table, and predict its first rows as they will be in the response file."""
    encoded = encode_table(fitted, table, options)
    check_file(fitted, encoded)
    first = slice(0, count)
    added = _added(fitted, encoded, first, fitted.predict(encoded.x[first]))
    names, cells = tables.format_rows(table.frame[first].hstack(added))
    return PredictionPreview(
        names=names,
        rows=cells,
        total=len(encoded.x),
        warnings_total=encoded.warnings.total,
        warnings=encoded.warnings.first,
    )
