"""Writing of responses, as JSON or files. CPU-bound, so large ones run in a thread."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from mlapp import ml, tables
from mlapp.errors import Unacceptable, shorten
from mlapp.presentation.explanations.reasons import reasons
from mlapp.schemas import Explanation, Format, Scalar, VersionInfo
from mlapp.services.prediction.reading import EncodedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import polars as pl

    AddRows = Callable[[VersionInfo, np.ndarray, np.ndarray], None]
    """Takes the version, encoded rows and their predictions; see `TrafficRecorder.add_rows`."""

CHUNK_ROWS = 10_000
"""Rows of a file that are written at a time."""
EXPLAINED_ROWS = 100
"""Rows of a file that are written at a time if they are explained, which takes about a thousand times as long."""
JSON_CHUNK_ROWS = 5_000
"""Rows of a JSON response that are serialized at a time."""
ONE_PIECE_BYTES = 100_000
PROBLEM = "problem"
"""Column of response files that says why a row has no prediction."""
LISTS = ("predictions", "lower", "upper", "probabilities", "sets", "reliable", "explanations")
"""Fields of a JSON response with a value for each row."""
Formats = Mapping[Format, Format]
"""Format of a response by that of the body."""
AS_SENT: Formats = {format_: format_ for format_ in Format}
_VALUES = TypeAdapter(list[Any])


class PredictionResult(NamedTuple):
    """A response: model, version, format, and the body with the predictions."""

    model: str
    version: int
    format: Format
    warnings_total: int
    body: bytes | AsyncIterator[bytes]
    """In chunks if it is large."""
    encoding: str | None = None
    """Encoding of a CSV."""

    @property
    def media_type(self) -> str:
        """The content type of the response."""
        return f"{self.format}; charset={self.encoding}" if self.encoding else str(self.format)

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body in chunks."""
        return iterate([self.body]) if isinstance(self.body, bytes) else self.body


async def iterate(pieces: list[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces of a body."""
    for piece in pieces:
        yield piece


def check_file(fitted: "ml.FittedVersion", encoded: EncodedTable) -> None:
    """Check that the columns of a response file have distinct names.

    Raises:
        Unacceptable: a column has the name of a column that is added.
    """
    for name in _added_names(fitted, encoded):
        if name in encoded.table.names:
            is_feature = any(feature.name == name for feature in fitted.info.features)
            remedy = "request JSON by 'Accept: application/json'" if is_feature else "rename it or leave it out"
            raise Unacceptable(f"The table has a column '{shorten(name)}', which the response adds; {remedy}.")


def _added_names(fitted: "ml.FittedVersion", encoded: EncodedTable) -> list[str]:
    """Return the names of the columns that a response file adds."""
    additions = ml.addition_names(encoded.options, all_reliable=encoded.reliable is None)
    return [*fitted.answers.column_names, *additions, *([PROBLEM] if encoded.problems is not None else [])]


def _additions(
    fitted: "ml.FittedVersion", encoded: EncodedTable, part: slice, predicted: "np.ndarray"
) -> "ml.Additions":
    """Return the additions to the predictions of some rows."""
    x, found = encoded.rows.x[part], list(encoded.explanations[part])
    reliable = None if encoded.reliable is None else encoded.reliable[part]
    added = ml.additions(fitted, predicted, encoded.options, reliable)
    if not encoded.options.explain:
        return added
    start, _, _ = part.indices(encoded.height)
    cells = (partial(encoded.rows.text, row) for row in range(start, encoded.height))
    why = [reasons(fitted.info, *each) for each in zip(found, x, cells, strict=False)]
    return replace(added, explanations=found, why=why)


def explain_rows(
    fitted: "ml.FittedVersion", encoded: EncodedTable, rows: slice = slice(None), outcome: Scalar | None = None
) -> list[Explanation]:
    """Explain the predictions for some rows, or the probability of the class `outcome`."""
    x = fitted.encoder.matrix(encoded.rows, rows)
    return fitted.explain(x, fitted.predict(x), outcome)


def check_response(fitted: "ml.FittedVersion", encoded: EncodedTable, format_: Format) -> None:
    """Check that a table can be answered in a format.

    Raises:
        Unacceptable: a row cannot be predicted in JSON, or a column of a file has the name of one that is added.
    """
    if format_ is not Format.JSON:
        check_file(fitted, encoded)
    elif encoded.problems is not None:
        row, reason = next(iter(encoded.bad_rows.items()))
        raise Unacceptable(
            f"{encoded.table.place(row)} cannot be predicted: {reason} "
            "A JSON response has a prediction for each row; request a file, such as by 'Accept: text/csv'."
        )


def write_json(fitted: "ml.FittedVersion", encoded: EncodedTable, add_rows: "AddRows") -> list[bytes]:
    """Predict rows, and return the JSON response in pieces.

    Rows are serialized in chunks, so that not all of them exist as Python objects at the same time.
    """
    lists: dict[str, list[bytes]] = {}
    for start in range(0, encoded.height, JSON_CHUNK_ROWS):
        part = slice(start, start + JSON_CHUNK_ROWS)
        predicted = fitted.predict_rows(encoded.rows, part)
        add_rows(fitted.info, encoded.rows.x[part], predicted)
        additions = _additions(fitted, encoded, part, predicted)
        answer = fitted.answers.response(predicted, encoded.warnings, additions)
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


def encoding_of(fitted: "ml.FittedVersion", encoded: EncodedTable, format_: Format) -> str | None:
    """Return the encoding of the response file; None for formats that have none of their own."""
    names = [*encoded.table.names, *_added_names(fitted, encoded)]
    return tables.csv_encoding(names, encoded.table.read_as)[0] if format_ is Format.CSV else None


def parts_of(encoded: EncodedTable, format_: Format) -> list[slice]:
    """Return the ranges of rows that are written at a time."""
    # Other formats are written in one piece, as their index is at the end.
    rows = EXPLAINED_ROWS if encoded.options.explain else CHUNK_ROWS
    size = rows if format_ in (Format.CSV, Format.NDJSON) else encoded.height
    return [slice(start, start + size) for start in range(0, encoded.height, size)]


def file_calls(
    fitted: "ml.FittedVersion", encoded: EncodedTable, format_: Format, add_rows: "AddRows"
) -> "Iterator[Callable[[], bytes]]":
    """Yield the calls that write a response file."""
    for part in parts_of(encoded, format_):
        yield partial(write_file, fitted, encoded, format_, part, add_rows)


def write_file(
    fitted: "ml.FittedVersion", encoded: EncodedTable, format_: Format, part: slice, add_rows: "AddRows"
) -> bytes:
    """Predict some of the rows, and write them with their predictions."""
    x, predicted = encoded.rows.x[part], fitted.predict_rows(encoded.rows, part)
    if encoded.problems is None:
        add_rows(fitted.info, x, predicted)
    elif (good := encoded.problems[part].is_null().to_numpy()).any():
        add_rows(fitted.info, x[good], predicted[good])
    added, trained = added_columns(fitted, encoded, part, predicted), fitted.info.read_as
    # In a file without decimal signs, numbers are read as the training table has them.
    has_commas = trained and trained.decimal == "," and encoded.table.read_as.delimiter == ";"
    return tables.write_rows(encoded.table, part, added, format_, "," if has_commas else ".")


def added_columns(
    fitted: "ml.FittedVersion", encoded: EncodedTable, part: slice, predicted: "np.ndarray"
) -> "pl.DataFrame":
    """Return the columns that the response adds; rows with a problem have no prediction."""
    columns = fitted.answers.columns(predicted, _additions(fitted, encoded, part, predicted))
    if encoded.problems is None:
        return columns
    problems = encoded.problems[part].alias(PROBLEM)
    good, none = problems.is_null(), columns.clear(columns.height)
    return columns.select(column.zip_with(good, none[column.name]) for column in columns).hstack([problems])
