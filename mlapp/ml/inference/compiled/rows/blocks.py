"""Blocks: what transformers make of a row without missing values, as functions of one input column each.

Imputation, indicators, scales, cycles of the calendar and codes disappear: what remains is a straight line or a table
for each input column.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.ml.inference.compiled.columns import Column, Inputs, columns_of, positions
from mlapp.ml.preprocessing import MAX_CODE, BlockScaler, cap_codes
from mlapp.ml.recipes.linear_columns import LinearColumns


class Number(NamedTuple):
    """A column of numbers: `(input - shift) / scale`."""

    source: int
    """Index of the input column."""
    shift: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """Number of columns."""
        return 1

    def scaled(self, mean: np.ndarray, scale: np.ndarray) -> "Number":
        """Return the column less its mean, divided by its scale, (1,) each."""
        return Number(self.source, self.shift + float(mean[0]) * self.scale, self.scale * float(scale[0]))


class Table(NamedTuple):
    """Columns that depend on a code."""

    source: int
    """Index of the input column."""
    codes: np.ndarray
    """(codes,)"""
    values: np.ndarray
    """Of each code, and of any other one, (codes + 1, width)."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def scaled(self, mean: np.ndarray, scale: np.ndarray) -> "Table":
        """Return the columns less their means, divided by their scales, (width,) each."""
        return self._replace(values=(self.values - mean) / scale)

    def at(self, codes: np.ndarray) -> np.ndarray:
        """Return the values of codes, (codes, width)."""
        return np.asarray(self.values[np.minimum(positions(codes, self.codes), len(self.codes))])


class Constants(NamedTuple):
    """Columns that are the same in all complete rows, such as indicators of missing values."""

    values: np.ndarray
    """(width,)"""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.values)

    def scaled(self, mean: np.ndarray, scale: np.ndarray) -> "Constants":
        """Return the columns less their means, divided by their scales, (width,) each."""
        return Constants((self.values - mean) / scale)


Block = Number | Table | Constants


def slices(blocks: Sequence[Block]) -> list[slice]:
    """Return the columns of each block."""
    return [slice(start, stop) for start, stop in pairwise(np.cumsum([0, *(block.width for block in blocks)]).tolist())]


def blocks_of(step: Any, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    """Return what a fitted transformer makes of blocks.

    Raises:
        TypeError: it transforms columns together.
    """
    return _BLOCKS.get(type(step), _of_columns)(step, blocks, inputs)


def chosen(blocks: Sequence[Block], columns: Sequence[int]) -> list[Block]:
    """Return some of the columns, each of which is a block of its own."""
    if any(block.width != 1 for block in blocks):
        raise TypeError("Columns are chosen of a block.")
    return [blocks[column] for column in columns]


def _of_pipeline(step: Pipeline, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    for _, part in step.steps:
        blocks = blocks_of(part, blocks, inputs)
    return list(blocks)


def _of_column_transformer(step: ColumnTransformer, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    found: list[Block] = []
    for _, part, columns in step.transformers_:
        if len(columns):
            found += blocks_of(part, chosen(blocks, columns), inputs)
    return found


def _of_imputer(step: SimpleImputer, blocks: Sequence[Block], _inputs: Inputs) -> list[Block]:
    found = [
        block._replace(values=np.nan_to_num(block.values, nan=value)) if isinstance(block, Table) else block
        for block, value in zip(blocks, step.statistics_, strict=True)
    ]
    indicators = step.indicator_.features_ if step.add_indicator else ()
    return [*found, *(Constants(np.zeros(1)) for _ in indicators)]


def _of_scaler(step: StandardScaler, blocks: Sequence[Block], _inputs: Inputs) -> list[Block]:
    return [
        block.scaled(step.mean_[part], step.scale_[part]) for block, part in zip(blocks, slices(blocks), strict=True)
    ]


def _of_block_scaler(step: BlockScaler, blocks: Sequence[Block], _inputs: Inputs) -> list[Block]:
    scale = np.full_like(step.mean_, step.scale_)
    return [block.scaled(step.mean_[part], scale[part]) for block, part in zip(blocks, slices(blocks), strict=True)]


def _of_function(step: FunctionTransformer, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    if step.func is None:
        return list(blocks)
    if step.func is cap_codes:
        codes = np.arange(MAX_CODE, dtype=float)
        return [Table(number.source, codes, np.append(codes, MAX_CODE)[:, None]) for number in _inputs_of(blocks)]
    return _of_columns(step, blocks, inputs)


def _of_one_hot(step: OneHotEncoder, blocks: Sequence[Block], _inputs: Inputs) -> list[Block]:
    found: list[Block] = []
    for block, categories in zip(blocks, step.categories_, strict=True):
        table = block if isinstance(block, Table) else _codes(block, np.asarray(categories, dtype=float))
        found.append(table._replace(values=(table.values == np.asarray(categories, dtype=float)).astype(float)))
    return found


def _codes(block: Block, categories: np.ndarray) -> Table:
    codes = categories[~np.isnan(categories)]
    return Table(_inputs_of([block])[0].source, codes, np.append(codes, np.nan)[:, None])


def _of_linear_columns(step: LinearColumns, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    """Return the dense columns, scaled, and a table of the one-hot columns of each column of categories."""
    numbers, texts, days, codes = (
        chosen(blocks, own) for own in (step.numbers, step.texts, step.datetimes, step.categories)
    )
    indicators = [Constants(np.zeros(1)) for _ in step.indicated_]
    dense = [*numbers, *indicators, *texts, *blocks_of(step.calendar_, days, inputs)]
    tables: list[Block] = []
    for number, levels in zip(_inputs_of(codes), step.levels_, strict=True):
        known = np.arange(step.max_code, dtype=float)
        capped = np.append(known, step.max_code)[:, None]
        tables.append(Table(number.source, known, (capped == levels).astype(float)))
    scaled = [
        block.scaled(np.array([mean]), np.array([scale]))
        for block, mean, scale in zip(dense, step.mean_, step.scale_, strict=True)
    ]
    return [*scaled, *tables]


def _of_columns(step: Any, blocks: Sequence[Block], inputs: Inputs) -> list[Block]:
    """Return the columns of a transformer as trees see them."""
    columns = columns_of(step, [Column(number.source) for number in _inputs_of(blocks)], inputs)
    return [
        Table(column.source, column.lookup.codes, column.lookup.values[:-1, None])
        if column.lookup
        else Number(column.source)
        for column in columns
    ]


def _inputs_of(blocks: Sequence[Block]) -> list[Number]:
    """Return blocks that are input columns.

    Raises:
        TypeError: one is computed.
    """
    found = [block for block in blocks if isinstance(block, Number) and block[1:] == (0.0, 1.0)]
    if len(found) < len(blocks):
        raise TypeError("Computed columns are transformed.")
    return found


_BLOCKS: dict[type, Callable[[Any, Sequence[Block], Inputs], list[Block]]] = {
    Pipeline: _of_pipeline,
    ColumnTransformer: _of_column_transformer,
    SimpleImputer: _of_imputer,
    StandardScaler: _of_scaler,
    BlockScaler: _of_block_scaler,
    FunctionTransformer: _of_function,
    OneHotEncoder: _of_one_hot,
    LinearColumns: _of_linear_columns,
}
