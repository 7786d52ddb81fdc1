"""Reading of request bodies and writing of responses, as JSON or files. CPU-bound, so large ones run in a thread."""

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from pydantic import TypeAdapter

from mlapp import tables
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import FileOptions, Format, Model, PredictionPreview

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mlapp import ml
    from mlapp.ml.data.validation import Warnings

    AddRows = Callable[[Model, np.ndarray, np.ndarray], None]
    """Takes the model, encoded rows and their predictions; see `TrafficRecorder.add_rows`."""

JSON_CHUNK_ROWS = 5_000
"""Rows of a JSON response that are serialized at a time."""
ONE_PIECE_BYTES = 100_000
LISTS = ("predictions", "lower", "upper", "probabilities")
"""Fields of a JSON response with a value for each row."""
_VALUES = TypeAdapter(list[Any])


class Body(NamedTuple):
    """A request body: a table to predict."""

    data: bytes
    format: Format | None
    """The format by content type or name; a hint, as files are recognized by their content."""
    options: FileOptions | None = None
    name: str | None = None
    """Name of the uploaded file."""


class EncodedTable(NamedTuple):
    """A table that was read, encoded and validated."""

    table: "tables.Table"
    x: "np.ndarray"
    """Encoded features, (rows, features)."""
    warnings: "Warnings"


def read_json(data: bytes) -> "tables.JsonRows":
    """Read a JSON body.

    Raises:
        MlappError: the body is not valid JSON, or has no table.
    """
    rows, options = tables.json_rows(data)
    if options:
        _reject(options)
    return rows


def read_table(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> EncodedTable:
    """Read a body, and encode and validate all of its rows.

    Raises:
        MlappError: the body cannot be read, or its rows cannot be predicted.
    """
    table, options = tables.read_request(body.data, body.format, body.options)
    if options:
        _reject(options)
    x = fitted.encoder.encode(table)
    if strict:
        fitted.validator.reject_unusual(table, x)
    return EncodedTable(table, x, fitted.validator.warnings(x, table.text))


def _reject(options: dict[str, Any]) -> NoReturn:
    name = shorten(next(iter(options)))
    raise Unacceptable(f"There is no option '{name}'; the version goes into the query string.")


def read_file_table(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> EncodedTable:
    """Read a body for a response in a file, which has the same columns, followed by the predictions.

    Raises:
        MlappError: see `read_table`; or a column has the name of a column of the predictions.
    """
    encoded = read_table(fitted, body, strict=strict)
    for name in fitted.column_names:
        if name in encoded.table.names:
            raise Unacceptable(
                f"The table has a column '{shorten(name)}', which the response adds; rename it or leave it out."
            )
    return encoded


def write_json(fitted: "ml.FittedModel", encoded: EncodedTable, add_rows: "AddRows") -> list[bytes]:
    """Predict rows, and return the JSON response in pieces.

    Rows are serialized in chunks, so that not all of them exist as Python objects at the same time.
    """
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


def write_file(
    fitted: "ml.FittedModel", encoded: EncodedTable, format_: Format, part: slice, add_rows: "AddRows"
) -> bytes:
    """Predict some of the rows, and write them with their predictions."""
    predicted = fitted.predict(encoded.x[part])
    add_rows(fitted.model, encoded.x[part], predicted)
    return tables.write_rows(encoded.table, part, fitted.columns(predicted), format_)


def preview(fitted: "ml.FittedModel", body: Body, count: int) -> PredictionPreview:
    """Validate a whole body, and predict its first rows as they will be in the response file."""
    encoded = read_file_table(fitted, body)
    predicted = fitted.columns(fitted.predict(encoded.x[:count]))
    names, cells = tables.format_rows(encoded.table.frame[:count].hstack(predicted))
    return PredictionPreview(
        names=names,
        rows=cells,
        total=len(encoded.x),
        warnings_total=encoded.warnings.total,
        warnings=encoded.warnings.first,
    )
