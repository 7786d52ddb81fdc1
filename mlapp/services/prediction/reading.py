"""Reading of request bodies: tables and options, encoded and validated. CPU-bound, so large ones run in a thread."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mlapp import ml, tables
from mlapp.errors import Unacceptable, json_too_large
from mlapp.schemas import MAX_JSON_BYTES, Explanation, Format, PredictOptions, VersionInfo
from mlapp.services.options import merge_options, predict_options
from mlapp.tables.strict_json import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl

    from mlapp.ml.data.encoding import EncodedRows
    from mlapp.ml.data.validation import Warnings

PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0", b"PAR1", b"ARROW1")
"""First bytes of files that may be much larger than they are long: gzip, zip, zstd, xls, Parquet, Arrow."""

MAX_EXPLAINED_ROWS = 10_000
"""Maximum number of rows of a request that are explained."""
BATCHED_BYTES = 16_000
"""Smaller JSON bodies are parsed on the event loop, and predicted in batches with other requests."""


class Signature(NamedTuple):
    """What a version expects and returns, for translations of other protocols."""

    info: VersionInfo
    columns: list[str]
    """Names of the columns that it returns: predictions, and whether rows are like those of the training table."""


class Translated(NamedTuple):
    """A body of another protocol, as one of ours: `records`, or `columns`, which may be series; and options."""

    records: Any = None
    columns: Any = None
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


Translate = Callable[[bytes, Signature], Translated]


class Body(NamedTuple):
    """A request body: a table to predict."""

    data: bytes
    format: Format | None = None
    """The format by content type or name; a hint, as files are recognized by their content."""
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """Options outside the body, as sent; see `PredictOptions`."""
    translate: Translate | None = None
    """Reads the data if it is in the form of another protocol."""


class EncodedTable(NamedTuple):
    """A table that was read, encoded and validated."""

    table: "tables.Table"
    rows: "EncodedRows"
    """Its rows, without the components of their texts, which are computed in chunks."""
    warnings: "Warnings"
    problems: "pl.Series | None"
    """Why rows cannot be predicted, (rows,), null for all others; None if all can be."""
    reliable: "np.ndarray | None" = None
    """Whether rows are like those of the training table, (rows,); None if all are that can be predicted."""
    options: PredictOptions = PredictOptions()
    """Of the request."""
    explanations: "Sequence[Explanation]" = ()
    """Why the first rows were predicted so, as many as have been explained; empty unless asked for."""

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.rows.x)

    @property
    def bad_rows(self) -> dict[int, str]:
        """Rows that cannot be predicted, and why."""
        if self.problems is None:
            return {}
        rows = self.problems.is_not_null().arg_true()
        return dict(zip(rows, self.problems.gather(rows), strict=True))


def is_small(body: Body) -> bool:
    """Return whether a body is JSON that is parsed on the event loop."""
    return body.format is Format.JSON and len(body.data) <= BATCHED_BYTES and body.options.keys() <= {"version"}


def parse_json(data: bytes) -> Any:
    """Parse a JSON body of another protocol, whose clients write NaN for missing values.

    Raises:
        UnreadableBody: the body is not valid JSON.
        TooLarge: the body is too long.
    """
    if len(data) > MAX_JSON_BYTES:
        raise json_too_large()
    return parse(data, "The body", nan_is_missing=True)


def check_declared(rows: int, columns: int) -> None:
    """Check the size of a table that a body of another protocol declares, before its values are decoded.

    Raises:
        TooLarge: there are too many rows, columns or cells.
    """
    tables.check_shape(rows, columns)


def signature_of(fitted: "ml.FittedVersion") -> Signature:
    """Return what a version expects and returns."""
    additions = ml.addition_names(PredictOptions(), all_reliable=False)
    return Signature(fitted.info, [*fitted.answers.column_names, *additions])


def read_json(body: Body, fitted: "ml.FittedVersion") -> "tuple[tables.JsonRows, dict[str, Any]]":
    """Read a JSON body: its table and other keys.

    Raises:
        MlappError: the body is not valid JSON, or has no table.
    """
    if body.translate is None:
        return tables.json_rows(body.data, flat=True)
    found = body.translate(body.data, signature_of(fitted))
    return tables.JsonRows(found.records, found.columns), found.options


def read_translated(body: Body, fitted: "ml.FittedVersion") -> "tuple[tables.Table, PredictOptions]":
    """Read a body of another protocol as `read_table` does.

    Raises:
        MlappError: the body cannot be read, or an option is invalid.
    """
    table, keys = tables.read_json_rows(lambda: read_json(body, fitted), len(body.data))
    assert table is not None  # noqa: S101 - for the type checker: translations have rows
    return _with_options(body, table, keys, predict_options(body.options))


def read_table(body: Body) -> "tuple[tables.Table, PredictOptions]":
    """Read a body: its table, and the options in the body and outside of it.

    Raises:
        MlappError: the body cannot be read, or an option is invalid.
    """
    options = predict_options(body.options)
    table, keys = tables.read_request(body.data, body.format, options)
    return _with_options(body, table, keys, options)


def _with_options(
    body: Body, table: "tables.Table", keys: dict[str, Any], options: PredictOptions
) -> "tuple[tables.Table, PredictOptions]":
    if keys:
        options = predict_options(merge_options(body.options, keys))
    table.options = options
    return table, options


def encode_table(
    fitted: "ml.FittedVersion", table: "tables.Table", options: PredictOptions, *, strict: bool = False
) -> EncodedTable:
    """Encode and validate all rows of a table.

    Raises:
        Unacceptable: rows cannot be predicted, unless they are to be skipped, or there is not what the options ask for.
    """
    ml.check_options(fitted.info, options)
    if options.explain and table.height > MAX_EXPLAINED_ROWS:
        raise Unacceptable(
            f"At most {MAX_EXPLAINED_ROWS:,} rows are explained at a time, and the table has {table.height:,}; "
            "send fewer rows, or leave out 'explain'."
        )
    encoded = fitted.encode_rows(table)
    if options.bad_rows == "refuse":
        ml.reject_rows(table, encoded.invalid)
    warnings = fitted.validator.table_warnings(table, encoded)
    if strict:
        fitted.validator.reject_unusual(table, warnings)
    problems = ml.problems_of(table, encoded.invalid)
    reliable = fitted.is_reliable(encoded.x)
    if problems is not None:
        reliable |= problems.is_not_null().to_numpy()
    return EncodedTable(table, encoded, warnings, problems, None if reliable.all() else reliable, options)
