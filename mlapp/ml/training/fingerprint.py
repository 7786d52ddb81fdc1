"""Fingerprints of training tables: SHA-256 of their values, the same for all file formats."""

import hashlib
from collections.abc import Mapping

import polars as pl

from mlapp.errors import Unacceptable
from mlapp.ml.data.column_options import of_rows
from mlapp.ml.data.signature import Signature
from mlapp.ml.data.target import Target
from mlapp.schemas import ColumnType, TrainOptions
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.table import Table

SLICE_ROWS = 100_000


def fingerprints(table: Table, signature: Signature, target: Target, options: TrainOptions) -> tuple[str, str]:
    """Return the SHA-256 of the columns that are used, with the target last, and of the whole table.

    Columns that weight or split the rows are used as well.

    The second does not depend on the options of the training, but on those of the reading. Columns that are used as
    they are in the table are converted and hashed only once.
    """
    used = {name: _digest(signature.frame[name]) for name in signature.frame.columns}
    for name in of_rows(options):
        values = _plain_values(table, name)
        used.setdefault(name, _digest(values if target.rows is None else values.filter(target.rows)))
    used[target.values.name] = _digest(target.values)
    known = {name: digest for name, digest in used.items() if name not in _as_options_say(target, options)}
    # Without the rows that have no target, columns are not those of the table.
    known = known if target.rows is None else {}
    whole = {name: known.get(name) or _digest(_plain_values(table, name)) for name in table.frame.columns}
    return _combined(used), _combined(whole)


def _as_options_say(target: Target, options: TrainOptions) -> set[str]:
    """Return the columns that another training may convert otherwise; words of the target may be booleans there."""
    named = {*options.types, *options.merge_values}
    return named | {target.values.name} if target.type is ColumnType.CATEGORY else named


def _plain_values(table: Table, name: str) -> pl.Series:
    """Convert a column without regard to options of the training; one that cannot be used counts as text."""
    try:
        return infer_column(table.frame[name], table.conventions).values
    except Unacceptable:
        return format_values(table.frame[name])


def _digest(values: pl.Series) -> bytes:
    """Return the digest of a converted column."""
    values, digest = unnamed(values), hashlib.sha256()
    is_text = values.dtype == pl.String
    for part in values.to_frame().iter_slices(SLICE_ROWS):
        column = part.to_series()
        if is_text:
            digest.update(part.write_csv(include_header=False).encode())
        else:
            numbers = column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()
            digest.update(column.is_null().to_numpy().tobytes() + numbers.fill_null(0).to_numpy().tobytes())
    return digest.digest()


def _combined(columns: Mapping[str, bytes]) -> str:
    """Return the digest of named columns, in their order."""
    digest = hashlib.sha256()
    for name, column in columns.items():
        digest.update(hashlib.sha256(name.encode()).digest() + column)
    return digest.hexdigest()
