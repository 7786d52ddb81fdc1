"""Encoding of tables as matrices for estimators: float64, (rows, features and components of texts).

Booleans become 0 and 1, datetimes days since 1970-01-01 (UTC), categories their index in the feature's `categories`,
texts their number of characters, and missing values NaN. The components of the embedding of each text follow all
features.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable
from mlapp.ml.data.column_names import with_feature_names
from mlapp.ml.data.invalid_rows import InvalidCells, reject_rows, require_columns
from mlapp.ml.data.plain_rows import UNKNOWN, PlainEncoder
from mlapp.ml.data.text_embedding import Embedding, embedded_features, with_embeddings
from mlapp.ml.pipelines.rejected_cells import MISSING
from mlapp.ml.threads import map_columns
from mlapp.schemas import ColumnFormat, ColumnType, Feature, Format
from mlapp.tables.columns.conventions import PLAIN, Conventions
from mlapp.tables.columns.conversion import DAY_US, MAX_EXACT_INTEGER, format_categories, unnamed
from mlapp.tables.columns.evidence import find_conventions
from mlapp.tables.columns.inference import ConvertedColumn, convert_column
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.columns.texts.inference import TEXTS
from mlapp.tables.formats.json import require_plain
from mlapp.tables.table import Table


def encode_columns(
    frame: pl.DataFrame, features: Sequence[Feature], embeddings: Sequence[Embedding] = ()
) -> np.ndarray:
    """Encode a frame whose columns are converted to the features' types, with the embeddings of its texts, if given."""
    columns = [known_only(_encode(unnamed(frame[feature.name]), feature)) for feature in features]
    x = np.column_stack(columns) if columns else np.empty((frame.height, 0))
    texts = [frame[feature.name] for feature in embedded_features(features, embeddings)]
    return with_embeddings(x, texts, embeddings)


def known_only(x: np.ndarray) -> np.ndarray:
    """Replace unknown categories by missing values, as estimators treat them."""
    unknown = x == UNKNOWN
    return np.where(unknown, np.nan, x) if unknown.any() else x


NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


class EncodedRows(NamedTuple):
    """The encoded rows of a table, and what is wrong with them."""

    x: np.ndarray
    """(rows, features), with `UNKNOWN` for categories outside the training data."""
    texts: list[pl.Series]
    """The texts to embed, by feature; null for missing ones."""
    invalid: list[InvalidCells]
    odd: dict[str, np.ndarray]
    """Features with words in place of values, which count as missing, and whether each row has one, (rows,)."""
    names: dict[str, str]
    """Features that the table has under a similar name, and this name."""
    table: Table
    """The table; records have the features' own names."""
    predicted: np.ndarray | None = None
    """Predictions, (rows, outputs), of a pipeline whose rows are tried before any is answered; None for others."""

    def at(self, rows: np.ndarray) -> "EncodedRows":
        """Return some of the rows; all else is that of the whole table."""
        predicted = None if self.predicted is None else self.predicted[rows]
        return self._replace(x=self.x[rows], texts=[text.gather(rows) for text in self.texts], predicted=predicted)

    def text(self, row: int, feature: str) -> str:
        """Return a cell as text."""
        return self.table.text(row, feature if feature in self.table.names else self.names[feature])


class _Column(NamedTuple):
    x: np.ndarray
    invalid: list[InvalidCells]
    odd: np.ndarray | None = None
    text: pl.Series | None = None


class Encoder(PlainEncoder):
    """Encodes tables as they were read. The encoding of a row does not depend on other rows."""

    def encode(self, table: Table) -> np.ndarray:
        """Return a table as a matrix (rows, columns), with `UNKNOWN` for categories outside the training data.

        Raises:
            Unacceptable: the table has no rows, or a row lacks a required feature or has a value of another type.
        """
        encoded = self.encode_rows(table)
        reject_rows(table, encoded.invalid)
        return self.matrix(encoded)

    def matrix(self, encoded: EncodedRows, rows: slice = slice(None)) -> np.ndarray:
        """Return encoded rows with the components of their texts, (rows, columns), as estimators take them."""
        return with_embeddings(encoded.x[rows], [text[rows] for text in encoded.texts], self._embeddings)

    def encode_rows(self, table: Table) -> EncodedRows:
        """Encode a table; invalid cells are missing values. Rows with a problem of their own have no invalid cells.

        Raises:
            Unacceptable: the table has no rows, lacks a required feature, or has lists or objects in one.
        """
        if not table.height:
            raise Unacceptable("The table has no rows to predict; send at least one.")
        renamed, names = with_feature_names(table, self._features)
        columns = {name: name if name in renamed.names else names.get(name, name) for name in self._plain}
        require_columns(table, [name for name in self._required if columns[name] not in renamed.names])
        require_plain(renamed, columns.values())
        conventions = self._conventions(renamed, columns.values())

        def encode(feature: Feature) -> _Column:
            return self._column(renamed, columns[feature.name], feature, conventions)

        with table.pointers():
            found = list(map_columns(encode, self._features, table.height))
        found = [
            self._with_rejected(index, each, name)
            for index, (each, name) in enumerate(zip(found, columns.values(), strict=True))
        ]
        problems = np.array(list(table.problems), dtype=int)
        invalid = [cells.without(problems) for column in found for cells in column.invalid]
        odd = {feature.name: column.odd for feature, column in zip(self._features, found, strict=True)}
        return EncodedRows(
            np.column_stack([column.x for column in found]),
            [column.text for column in found if column.text is not None],
            [cells for cells in invalid if len(cells.rows)],
            {name: rows for name, rows in odd.items() if rows is not None},
            names,
            renamed,
        )

    def _with_rejected(self, index: int, column: _Column, name: str) -> _Column:
        """Add missing values that the pipeline cannot predict to the invalid cells, unless they are there already."""
        if self._rejected is None or not self._rejected.missing[index]:
            return column
        cells = InvalidCells(self._features[index], name, np.flatnonzero(np.isnan(column.x)), None, MISSING)
        known = [each.rows for each in column.invalid]
        return column._replace(invalid=[*column.invalid, cells.without(np.concatenate([[], *known]))])

    def _conventions(self, table: Table, names: Iterable[str]) -> Conventions:
        """Return the conventions of the columns that are read. Each JSON row answers as it would alone."""
        if table.format in (Format.JSON, Format.NDJSON):
            return find_conventions((), table.options, is_file=False)
        columns = (table.frame[name] for name in names if name in table.names)
        return find_conventions(columns, table.options, table.read_as.delimiter)

    def _column(self, table: Table, name: str, feature: Feature, conventions: Conventions) -> _Column:
        """Return the encoded column of a feature, and its invalid cells."""
        if feature.name in self._embedded:
            return _converted(table, name, feature, conventions, is_text=True)
        values = table.values(name)
        is_plain = values is not None and self._plain[feature.name].issuperset(map(type, values))
        if values is None or not is_plain or conventions != PLAIN:
            return _converted(table, name, feature, conventions)
        code = self._codes.get(feature.name)
        try:
            x = np.array(values if code is None else [code(value) for value in values], dtype=float) + 0.0
        except (OverflowError, ValueError):
            return _converted(table, name, feature, conventions)
        if feature.type in NUMBERS and (np.abs(x) >= MAX_EXACT_INTEGER).any():
            return _converted(table, name, feature, conventions)
        return _Column(x, _absent_cells(table, name, feature))


def _converted(
    table: Table, name: str, feature: Feature, conventions: Conventions, *, is_text: bool = False
) -> _Column:
    """Return the converted and encoded column of a feature, and its invalid cells; with its texts if it `is_text`."""
    if name not in table.names:
        text = pl.Series([None] * table.height, dtype=pl.String) if is_text else None
        return _Column(np.full(table.height, np.nan), [], text=text)
    values = table.values(name)
    if values is None:
        raw = table.frame[name]
        converted = convert_column(raw, feature.type, feature.read_as, conventions)
    else:
        raw = column_of(name, values)
        converted = _convert_json(values, raw, feature, conventions)
    invalid = []
    if len(rows := converted.invalid.arg_true()):
        invalid = [InvalidCells(feature, name, rows.to_numpy(), format_categories(unnamed(raw).gather(rows)))]
    odd = converted.odd.to_numpy() if converted.odd.any() else None
    found = unnamed(converted.values)
    cells = invalid + _absent_cells(table, name, feature)
    return _Column(_encode(found, feature), cells, odd, found if is_text else None)


def _convert_json(values: list[Any], raw: pl.Series, feature: Feature, conventions: Conventions) -> ConvertedColumn:
    """Convert JSON values: texts as they are written in the training table, numbers as themselves."""
    is_text = [type(value) is str for value in values]
    if raw.dtype != pl.String or feature.type in TEXTS or all(is_text):
        return convert_column(raw, feature.type, feature.read_as, conventions)
    texts = pl.Series([value if text else None for value, text in zip(values, is_text, strict=True)], dtype=pl.String)
    others = column_of("", [None if text else value for value, text in zip(values, is_text, strict=True)])
    found = convert_column(texts, feature.type, feature.read_as, conventions)
    read_as = feature.read_as
    if feature.type in NUMBERS and read_as:
        # JSON numbers are not written as the numbers of the training table, but mark missing values alike.
        read_as = ColumnFormat(missing=read_as.missing, kept=read_as.kept)
    more = convert_column(others, feature.type, read_as, conventions._replace(decimal=None))
    mask = pl.Series(is_text)
    return ConvertedColumn(*(unnamed(a).zip_with(mask, unnamed(b)) for a, b in zip(found, more, strict=True)))


def _absent_cells(table: Table, name: str, feature: Feature) -> list[InvalidCells]:
    rows = table.absent.get(name, ()) if feature.required else ()
    return [InvalidCells(feature, name, np.array(rows, dtype=int), None)] if len(rows) else []


def _encode(values: pl.Series, feature: Feature) -> np.ndarray:
    if feature.type is ColumnType.DATETIME:
        # Divided by numpy, as quotients of polars may differ from Python's in the last digit.
        return values.dt.epoch("us").cast(pl.Float64).to_numpy() / DAY_US
    if feature.type is ColumnType.TEXT:
        return values.str.len_chars().cast(pl.Float64).to_numpy()
    if feature.type is not ColumnType.CATEGORY:
        return values.cast(pl.Float64).to_numpy()
    known = pl.Enum(feature.categories or [])
    codes = values.cast(known, strict=False).to_physical()
    unknown = codes.is_null() & values.is_not_null()
    return np.where(unknown.to_numpy(), UNKNOWN, codes.cast(pl.Float64).to_numpy())
